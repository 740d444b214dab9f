#include "table/value_file_format.h"

#include <array>
#include <cstring>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/mutants.h"
#include "table/table_format.h"

namespace ashlar {

void encode_value_file_header(const ValueFileHeader& header, char* page) {
  std::memset(page, 0, kPageBytes);
  store(page, kValueFileMagic);
  store(page + 4, kValueFileVersion);
  store(page + 8, header.file_number);
  store(page + 16, header.file_bytes);
  store(page + 24, header.record_count);
  seal_page(page, header.file_number, 0);
}

Result<ValueFileHeader> decode_value_file_header(const char* page, const std::string& path) {
  if (load<uint32_t>(page) != kValueFileMagic) return damaged(path, 0, "is not a value file");
  ValueFileHeader header;
  header.file_number = load<uint64_t>(page + 8);
  if (!page_is_sealed(page, header.file_number, 0)) {
    return damaged(path, 0, "header checksum does not match");
  }
  if (load<uint32_t>(page + 4) != kValueFileVersion) {
    return Status::unsupported(path + ": value file version " +
                               std::to_string(load<uint32_t>(page + 4)) + " is not known");
  }
  header.file_bytes = load<uint64_t>(page + 16);
  header.record_count = load<uint64_t>(page + 24);
  return header;
}

uint32_t value_record_checksum(uint64_t file_number, uint64_t offset, std::string_view key,
                               std::string_view value) {
  std::array<char, 8> lengths;
  store(lengths.data(), static_cast<uint32_t>(key.size()));
  store(lengths.data() + 4, static_cast<uint32_t>(value.size()));
  uint32_t checksum = crc32c({lengths.data(), lengths.size()}, checksum_seed(file_number, offset));
  checksum = crc32c(key, checksum);
  return crc32c(value, checksum);
}

Result<std::string_view> value_of_record(std::string_view record, const ValuePointer& pointer,
                                         std::string_view key, bool verify,
                                         const std::string& path) {
  const std::size_t front = kValueRecordHeaderBytes + key.size();
  if (record.size() < front + pointer.length ||
      load<uint32_t>(record.data()) != pointer.checksum ||
      load<uint32_t>(record.data() + 4) != key.size() ||
      load<uint32_t>(record.data() + 8) != pointer.length ||
      record.substr(kValueRecordHeaderBytes, key.size()) != key) {
    return damaged(path, pointer.offset, "the record is not the one that was pointed to");
  }
  const std::string_view value = record.substr(front, pointer.length);
  if (verify &&
      value_record_checksum(pointer.file_number, pointer.offset, key, value) != pointer.checksum &&
      !ASHLAR_MUTANT("value-checksums-not-checked")) {
    return damaged(path, pointer.offset, "record checksum does not match");
  }
  return value;
}

}  // namespace ashlar
