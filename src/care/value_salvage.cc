#include "care/value_salvage.h"

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"
#include "base/value_pointer.h"
#include "table/segment_values.h"
#include "table/value_file_format.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

constexpr std::size_t kOpenFiles = 64;

}  // namespace

File* ValueSalvage::open(uint64_t number) {
  if (const auto found = files_.find(number); found != files_.end()) return found->second.get();
  if (files_.size() >= kOpenFiles) files_.clear();
  auto opened = env_.open_file(join_path(folder_, file_name(FileType::kValues, number)), {});
  return (files_[number] = opened.ok() ? std::move(*opened) : nullptr).get();
}

Status ValueSalvage::read(std::string_view key, std::string_view encoded_pointer,
                          std::string* value, Place* place) {
  ValuePointer pointer;
  if (!ValuePointer::decode(encoded_pointer, &pointer)) {
    return Status::corruption("the value pointer has a wrong length");
  }
  *place = {join_path(folder_, file_name(FileType::kValues, pointer.file_number)), pointer.offset};
  File* const file = open(pointer.file_number);
  if (file == nullptr) return Status::corruption("the value file can't be opened");
  const uint64_t file_bytes = file->size().value_or(0);
  if (pointer.length > kMaximumValueBytes || pointer.offset > file_bytes ||
      file_bytes - pointer.offset < pointer.length) {
    return Status::corruption("the value lies behind the end of its file");
  }
  // As long as it takes in either format: the file's header need not be there to tell which.
  const std::size_t most = std::max<std::size_t>(
      kValueRecordHeaderBytes + key.size() + pointer.length,
      most_operation_bytes(key, pointer.length));
  value->resize(std::min<uint64_t>(most, file_bytes - pointer.offset));
  if (!file->read(pointer.offset, value->data(), value->size()).ok()) {
    return Status::corruption("the value can't be read");
  }
  auto found = value_of_record(*value, pointer, key, true, place->file);
  if (!found.ok()) found = value_of_operation(*value, pointer, key, true, place->file);
  if (!found.ok()) return Status::corruption("the value's checksum does not match");
  const auto begin = static_cast<std::size_t>(found->data() - value->data());
  value->resize(begin + pointer.length);
  value->erase(0, begin);
  return {};
}

}  // namespace ashlar
