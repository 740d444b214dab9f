// A filter as text: refused with a message, or read so that both spellings give it back; the short
// way of reading it comes to the same tree. The same bytes as a dotted path, which is written so
// that it reads as the same; and as a regular expression with a text, which begins as the
// expression says if that is found in it.
#include <algorithm>
#include <string>

#include "filter/path_text.h"
#include "filter/pattern.h"
#include "filter/simple_spelling.h"
#include "filter/text_spelling.h"
#include "filter_check.h"
#include "fuzz.h"

namespace ashlar {
namespace {

void check_path(std::string_view text) {
  const auto path = parse_dotted_path(text);
  if (!path.ok()) return;
  const std::string dotted = to_dotted_path(*path);
  const auto again = parse_dotted_path(dotted);
  ASHLAR_CHECK(again.ok() && again->to_string() == path->to_string());
}

// The flags and the pattern are parted by a slash, and so is a text to be looked at.
void check_pattern(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return;
  const auto quoted = Pattern::compile_prefix(text);
  if (quoted.ok()) ASHLAR_CHECK((*quoted)->is_found_in(text));
  const std::size_t second = std::min(text.find('/', slash + 1), text.size());
  const auto pattern =
      Pattern::compile(text.substr(slash + 1, second - slash - 1), text.substr(0, slash));
  if (!pattern.ok()) return;
  const std::string prefix = (*pattern)->literal_prefix();
  const std::string_view wanted = text.substr(std::min(second + 1, text.size()));
  if ((*pattern)->is_found_in(wanted)) ASHLAR_CHECK(wanted.starts_with(prefix));
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view text = fuzz_input(data, size);
  check_path(text);
  check_pattern(text);
  const auto root = parse_text_filter(text);
  if (const FilterNodePtr simple = parse_simple_filter(text)) {
    ASHLAR_CHECK(root.ok() && same_filter(*simple, **root));
  }
  if (root.ok()) {
    check_spellings(Filter(*root));
  } else {
    ASHLAR_CHECK(!root.status().message().empty());
  }
  return 0;
}
