// Following a pointer to a large value.
#pragma once

#include <string>
#include <string_view>

#include "base/value_pointer.h"
#include "version/version.h"

namespace ashlar {

// Reads the value that `encoded_pointer` leads to, which must have been stored under `key`.
// kCorruption if it is not there, or not that key's.
Status read_pointed_value(const Version& version, std::string_view key,
                          std::string_view encoded_pointer, std::string* value);

// The same without a copy, if the value file is in memory; otherwise reads into *buffer. The view
// is valid under the caller's EpochGuard, and as long as the buffer.
Result<std::string_view> view_pointed_value(const Version& version, std::string_view key,
                                            std::string_view encoded_pointer, std::string* buffer);

// kCorruption if these are not an encoded pointer's bytes.
Status decode_pointer(std::string_view encoded, ValuePointer* pointer);
// kCorruption, which says that the file is not there.
Status missing_value_file(const ValuePointer& pointer);

}  // namespace ashlar
