#include "db/value_reader.h"

#include "base/try.h"

namespace ashlar {
namespace {

Result<const ValueFile*> file_of(const Version& version, std::string_view encoded_pointer,
                                 ValuePointer* pointer) {
  ASHLAR_TRY(decode_pointer(encoded_pointer, pointer));
  const auto found = version.value_files.find(pointer->file_number);
  if (found == version.value_files.end()) return missing_value_file(*pointer);
  return found->second->reader.get();
}

}  // namespace

Status decode_pointer(std::string_view encoded, ValuePointer* pointer) {
  if (ValuePointer::decode(encoded, pointer)) return {};
  return Status::corruption("value pointer has " + std::to_string(encoded.size()) +
                            " bytes instead of 24");
}

Status missing_value_file(const ValuePointer& pointer) {
  return Status::corruption("value file " + std::to_string(pointer.file_number) +
                            " is missing, though an entry points to it");
}

Status read_pointed_value(const Version& version, std::string_view key,
                          std::string_view encoded_pointer, std::string* value) {
  ValuePointer pointer;
  ASHLAR_TRY_ASSIGN(const ValueFile* file, file_of(version, encoded_pointer, &pointer));
  return file->read(pointer, key, value);
}

Result<std::string_view> view_pointed_value(const Version& version, std::string_view key,
                                            std::string_view encoded_pointer,
                                            std::string* buffer) {
  ValuePointer pointer;
  ASHLAR_TRY_ASSIGN(const ValueFile* file, file_of(version, encoded_pointer, &pointer));
  if (file->resident()) {
    if (auto view = file->view(pointer, key); view.ok()) return view;
  }
  ASHLAR_TRY(file->read(pointer, key, buffer));
  return std::string_view(*buffer);
}

}  // namespace ashlar
