#include "tools/value_argument.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/try.h"
#include "tools/input_file.h"
#include "tools/json_text.h"

namespace ashlar::tools {

namespace {

Result<std::string> read_whole(const std::string& path) {
  ASHLAR_TRY_ASSIGN(auto file, InputFile::open(path));
  std::string content;
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  for (std::size_t got = 1; got != 0;) {
    const std::size_t before = content.size();
    content.resize(before + kPiece);
    ASHLAR_TRY_ASSIGN(got, file->read(content.data() + before, kPiece));
    content.resize(before + got);
    if (content.size() > kMaximumValueBytes) {
      return Status::too_large(fmt::format("{}: longer than a value may be", path));
    }
  }
  return content;
}

}  // namespace

Result<std::string> read_value_argument(const std::string& word) {
  if (word.starts_with("@@")) return word.substr(1);
  if (word.starts_with('@') && word.size() > 1) return read_whole(word.substr(1));
  const bool brackets = word.starts_with('{') || word.starts_with('[');
  return brackets && is_json(word) ? compact_json(word) : word;
}

}  // namespace ashlar::tools
