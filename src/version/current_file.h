// CURRENT: the one file with a fixed name, which says where to begin.
//
//   MANIFEST-000007 1a2b3c4d\n      the manifest's name and, in hexadecimal, the crc32c of that name
#pragma once

#include <cstdint>
#include <string>

#include "env/env.h"

namespace ashlar {

// [CURRENT-1] Replaced as a whole: after a crash it names the old manifest or the new one.
Status write_current(Env& env, const std::string& folder, uint64_t manifest_number);

// kNotFound if there is no such file; kCorruption if it does not say what it should.
Result<uint64_t> read_current(Env& env, const std::string& folder);

// The same from the file's bytes.
Result<uint64_t> parse_current(std::string_view bytes);

}  // namespace ashlar
