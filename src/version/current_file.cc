#include "version/current_file.h"

#include <cstdio>

#include "base/checksum.h"
#include "base/try.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

std::string line_for(uint64_t manifest_number) {
  std::string line = file_name(FileType::kManifest, manifest_number);
  char checksum[16];
  std::snprintf(checksum, sizeof(checksum), " %08x\n", crc32c(line));
  return line + checksum;
}

}  // namespace

Status write_current(Env& env, const std::string& folder, uint64_t manifest_number) {
  return replace_file(env, join_path(folder, kCurrentFileName), line_for(manifest_number));
}

Result<uint64_t> parse_current(std::string_view bytes) {
  const std::string_view name = bytes.substr(0, bytes.find(' '));
  const auto parsed = parse_file_name(name);
  if (!parsed || parsed->type != FileType::kManifest || bytes != line_for(parsed->number)) {
    return Status::corruption("CURRENT: offset 0: not a manifest's name with its checksum");
  }
  return parsed->number;
}

Result<uint64_t> read_current(Env& env, const std::string& folder) {
  ASHLAR_TRY_ASSIGN(const std::string bytes, read_file(env, join_path(folder, kCurrentFileName)));
  return parse_current(bytes);
}

}  // namespace ashlar
