// A filter as text: refused with a message, or read so that both spellings give it back; the short
// way of reading it comes to the same tree.
#include "filter/simple_spelling.h"
#include "filter/text_spelling.h"
#include "filter_check.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view text = fuzz_input(data, size);
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
