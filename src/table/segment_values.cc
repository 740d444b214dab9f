#include "table/segment_values.h"

#include "base/coding.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/try.h"
#include "table/table_format.h"
#include "wal/frame_source.h"

namespace ashlar {
namespace {

class ImageSource final : public FrameSource {
 public:
  ImageSource(std::string_view file, const SegmentInfo& info) : file_(file), info_(info) {}
  Result<std::string_view> read(uint64_t position, std::size_t bytes) override {
    if (position < info_.start || position > info_.end() || bytes > info_.end() - position) {
      return std::string_view();
    }
    return file_.substr(info_.offset_of(position), bytes);
  }

 private:
  const std::string_view file_;
  const SegmentInfo info_;
};

}  // namespace

uint32_t segment_identity(const char* block) {
  return load<uint32_t>(block);
}

Result<SegmentInfo> check_segment_header(const char* block, const ValueFileSummary& summary,
                                         const std::string& path) {
  Result<SegmentHeader> header = decode_segment_header({block, kSegmentHeaderBytes});
  if (!header.ok()) {
    return Status(header.status().code(), path + ": " + std::string(header.status().message()));
  }
  if (header->info.number != summary.file_number ||
      kLogBlockBytes + header->info.capacity != summary.file_bytes ||
      segment_identity(block) != summary.file_checksum) {
    return damaged(path, 0, "is another segment of the log");
  }
  return header->info;
}

std::size_t most_operation_bytes(std::string_view key, uint64_t value_bytes) {
  Operation smallest;
  smallest.expires_at_ms = 1;
  smallest.key = key;
  return encoded_operation_bytes(smallest) - varint_bytes(0) + varint_bytes(value_bytes) +
         value_bytes;
}

Result<std::string_view> value_of_operation(std::string_view bytes, const ValuePointer& pointer,
                                            std::string_view key, bool verify,
                                            const std::string& path) {
  std::string_view found_key;
  std::string_view value;
  bool is_set = false;
  if (verify && !ASHLAR_MUTANT("value-checksums-not-checked")) {
    std::size_t consumed = 0;
    const Result<Operation> operation = decode_operation(bytes, &consumed);
    if (!operation.ok()) return damaged(path, pointer.offset, operation.status().message());
    is_set = operation->kind == EntryKind::kSet && !operation->value_is_pointer &&
             operation->checksum == pointer.checksum;
    found_key = operation->key;
    value = operation->value;
  } else {
    // The checksum is behind the value, too far away to be looked at by those who need not.
    ByteReader in(bytes);
    in.fixed<uint64_t>();
    const unsigned code = in.fixed<uint8_t>();
    is_set = (code & ~operation_code::kHasExpiry) == static_cast<unsigned>(EntryKind::kSet);
    found_key = in.prefixed();
    if ((code & operation_code::kHasExpiry) != 0) in.fixed<uint64_t>();
    value = in.prefixed();
    is_set = is_set && in.ok();
  }
  if (!is_set || found_key != key || value.size() != pointer.length) {
    return damaged(path, pointer.offset, "the record is not the one that was pointed to");
  }
  return value;
}

Status walk_segment(std::string_view file, const SegmentInfo& info, const std::string& path,
                    const std::function<void(uint64_t offset, const Operation&)>& visit) {
  ImageSource source(file, info);
  for (uint64_t position = info.start; position < info.end();) {
    ASHLAR_TRY_ASSIGN(const std::optional<VerifiedFrame> frame,
                      read_frame(source, info.generation, position, info.end()));
    if (!frame) return damaged(path, info.offset_of(position), "a frame does not verify");
    for (std::string_view left = frame->operations; !left.empty();) {
      std::size_t consumed = 0;
      ASHLAR_TRY_ASSIGN(const Operation operation, decode_operation(left, &consumed, false));
      if (operation.kind == EntryKind::kSet && !operation.value_is_pointer &&
          operation.value.size() >= kLargeValueBytes) {
        visit(static_cast<uint64_t>(left.data() - file.data()), operation);
      }
      left.remove_prefix(consumed);
    }
    position += frame->header.length;
  }
  return {};
}

Status check_segment(std::string_view file, const ValueFileSummary& summary,
                     const std::string& path) {
  ASHLAR_TRY_ASSIGN(const SegmentInfo info, check_segment_header(file.data(), summary, path));
  uint64_t records = 0;
  uint64_t value_bytes = 0;
  ASHLAR_TRY(walk_segment(file, info, path, [&](uint64_t, const Operation& operation) {
    ++records;
    value_bytes += operation.value.size();
  }));
  if (records == summary.record_count && value_bytes == summary.value_bytes) return {};
  return damaged(path, 0, "the values are not those that were given");
}

}  // namespace ashlar
