// What the files of a database are called; see docs/FORMAT.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

// kSort: temporary, of no use once the process that wrote it is gone.
enum class FileType : unsigned char { kManifest, kLog, kTable, kValues, kSort };

struct FileName {
  FileType type;
  uint64_t number;
};

inline constexpr std::string_view kCurrentFileName = "CURRENT";
inline constexpr std::string_view kLockFileName = "LOCK";
inline constexpr std::string_view kRingFileName = "log.ring";

// "000034.table", "MANIFEST-000007".
std::string file_name(FileType type, uint64_t number);

// Nothing for names that file_name() does not make.
std::optional<FileName> parse_file_name(std::string_view name);

}  // namespace ashlar
