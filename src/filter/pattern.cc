#include "filter/pattern.h"

#include <re2/re2.h>

#include <cctype>
#include <utility>

namespace ashlar {
namespace {

constexpr std::string_view kFlags = "ims";
// What says how often the character before it comes, and what else is no literal.
constexpr std::string_view kQuantifiers = "*?{+";
constexpr std::string_view kSpecial = ".[]()^$";

Result<std::string> sorted_flags(std::string_view flags) {
  for (const char flag : flags) {
    if (kFlags.find(flag) == std::string_view::npos) {
      return Status::invalid_argument("unknown flag '" + std::string(1, flag) +
                                      "' of a regular expression; there are i, m and s");
    }
  }
  std::string sorted;
  for (const char flag : kFlags) {
    if (flags.find(flag) != std::string_view::npos) sorted.push_back(flag);
  }
  return sorted;
}

bool is_punctuation(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x80 && std::ispunct(byte) != 0;
}

// All bytes of it, in UTF-8.
void remove_last_character(std::string* text) {
  while (!text->empty()) {
    const auto byte = static_cast<unsigned char>(text->back());
    text->pop_back();
    if ((byte & 0xc0) != 0x80) return;
  }
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Pattern::Pattern(std::string source, std::string flags, std::unique_ptr<const re2::RE2> compiled)
    : source_(std::move(source)), flags_(std::move(flags)), compiled_(std::move(compiled)) {}
Pattern::~Pattern() = default;

Result<std::shared_ptr<const Pattern>> Pattern::compile(std::string_view source,
                                                        std::string_view flags) {
  auto sorted = sorted_flags(flags);
  if (!sorted.ok()) return sorted.status();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaximumBytes);
  const std::string prefix = sorted->empty() ? "" : "(?" + *sorted + ")";
  auto compiled = std::make_unique<const re2::RE2>(prefix + std::string(source), options);
  if (!compiled->ok()) {
    return Status::invalid_argument("no regular expression: " + compiled->error());
  }
  return std::shared_ptr<const Pattern>(
      new Pattern(std::string(source), std::move(*sorted), std::move(compiled)));
}

Result<std::shared_ptr<const Pattern>> Pattern::compile_prefix(std::string_view prefix) {
  return compile("^" + re2::RE2::QuoteMeta(piece(prefix)), "");
}

bool Pattern::is_found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), *compiled_);
}

// An alternative anywhere, even within a group, ends the search: it might not begin as the rest
// does.
std::string Pattern::literal_prefix() const {
  std::string prefix;
  if (!source_.starts_with('^') || flags_.find_first_of("im") != std::string::npos ||
      source_.find('|') != std::string::npos) {
    return prefix;
  }
  for (std::size_t at = 1; at < source_.size(); ++at) {
    if (kQuantifiers.find(source_[at]) != std::string_view::npos) {
      remove_last_character(&prefix);
      return prefix;
    }
    if (source_[at] == '\\') {
      const bool is_literal = at + 1 < source_.size() && is_punctuation(source_[at + 1]);
      if (!is_literal) return prefix;
      ++at;
    } else if (kSpecial.find(source_[at]) != std::string_view::npos) {
      return prefix;
    }
    prefix.push_back(source_[at]);
  }
  return prefix;
}

}  // namespace ashlar
