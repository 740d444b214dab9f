#include "document/path_pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ashlar {
namespace {

// Deepest nesting of groups; RE2 has a limit of its own at 1000.
constexpr int kMaximumGroupDepth = 100;

bool contains(std::string_view set, char byte) {
  return set.find(byte) != std::string_view::npos;
}

// Walks the grammar of RFC 9485 and writes what it reads.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : left_(pattern) {}

  std::optional<std::string> translate() {
    while (!left_.empty()) {
      if (!take_piece()) return std::nullopt;
    }
    if (depth_ > 0) return std::nullopt;
    return std::move(out_);
  }

 private:
  static constexpr std::string_view kSpecial = "()*+.?[\\]{|}";

  bool take(char wanted) {
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }

  // An atom, a quantifier of the atom in front, a bar or the side of a group.
  bool take_piece() {
    const bool after_atom = std::exchange(after_atom_, false);
    if (take('|')) {
      out_.push_back('|');
      return true;
    }
    if (take('(')) {
      out_.append("(?:");
      return ++depth_ <= kMaximumGroupDepth;
    }
    if (contains("*+?{", left_.front())) return after_atom && take_quantifier();
    after_atom_ = true;
    if (take(')')) {
      out_.push_back(')');
      return --depth_ >= 0;
    }
    if (take('.')) {
      out_.append("[^\\n\\r]");
      return true;
    }
    if (take('[')) return take_class();
    if (left_.front() == '\\') return take_escape();
    if (contains(kSpecial, left_.front())) return false;
    copy_byte();
    return true;
  }

  void copy_byte() {
    out_.push_back(left_.front());
    left_.remove_prefix(1);
  }

  bool take_quantifier() {
    const bool counted = left_.front() == '{';
    copy_byte();
    if (!counted) return true;
    if (!take_count()) return false;
    if (take(',')) {
      out_.push_back(',');
      if (take('}')) {
        out_.push_back('}');
        return true;
      }
      if (!take_count()) return false;
    }
    out_.push_back('}');
    return take('}');
  }

  bool take_count() {
    const std::size_t end = std::min(left_.find_first_not_of("0123456789"), left_.size());
    out_.append(left_.substr(0, end));
    left_.remove_prefix(end);
    return end > 0;
  }

  // Behind the opening bracket.
  bool take_class() {
    out_.push_back('[');
    if (take('^')) out_.push_back('^');
    bool empty = true;
    if (take('-')) {
      out_.append("\\-");
      empty = false;
    }
    while (!left_.empty() && !contains("-]", left_.front())) {
      if (!take_class_part()) return false;
      empty = false;
    }
    if (!empty && take('-')) out_.append("\\-");
    out_.push_back(']');
    return !empty && take(']');
  }

  // A character, a range or a category.
  bool take_class_part() {
    if (left_.starts_with("\\p") || left_.starts_with("\\P")) return take_escape();
    if (!take_class_character()) return false;
    // A hyphen in front of the closing bracket is one, not a range.
    if (!left_.starts_with('-') || left_.starts_with("-]")) return true;
    left_.remove_prefix(1);
    out_.push_back('-');
    return take_class_character();
  }

  bool take_class_character() {
    if (left_.empty() || contains("-[]", left_.front())) return false;
    if (left_.front() == '\\') return take_single_escape();
    do {  // all bytes of a character
      copy_byte();
    } while (!left_.empty() && (static_cast<unsigned char>(left_.front()) & 0xc0) == 0x80);
    return true;
  }

  bool take_escape() {
    if (left_.starts_with("\\p{") || left_.starts_with("\\P{")) return take_category();
    return take_single_escape();
  }

  bool take_single_escape() {
    if (left_.size() < 2 || !contains("()*+-.?[\\]^nrt{|}", left_[1])) return false;
    out_.append(left_.substr(0, 2));
    left_.remove_prefix(2);
    return true;
  }

  // \p{Lu}: the first letter, and which may follow it.
  bool take_category() {
    static constexpr std::array<std::pair<char, std::string_view>, 7> kCategories = {{
        {'L', "lmotu"},
        {'M', "cen"},
        {'N', "dlo"},
        {'P', "cdefios"},
        {'Z', "lps"},
        {'S', "ckmo"},
        {'C', "cfno"},
    }};
    const std::size_t close = left_.find('}');
    if (close == std::string_view::npos) return false;
    const std::string_view name = left_.substr(3, close - 3);
    const auto known = [&](const auto& category) {
      return name[0] == category.first && (name.size() == 1 || contains(category.second, name[1]));
    };
    if (name.empty() || name.size() > 2) return false;
    if (std::none_of(kCategories.begin(), kCategories.end(), known)) return false;
    out_.append(left_.substr(0, close + 1));
    left_.remove_prefix(close + 1);
    return true;
  }

  std::string_view left_;
  std::string out_;
  int depth_ = 0;
  bool after_atom_ = false;
};

}  // namespace

std::optional<std::string> translate_iregexp(std::string_view pattern) {
  return Translator(pattern).translate();
}

std::shared_ptr<const PathPattern> PathPattern::compile(std::string_view iregexp) {
  const auto translated = translate_iregexp(iregexp);
  if (!translated) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_unique<const re2::RE2>(*translated, options);
  if (!expression->ok()) return nullptr;
  return std::shared_ptr<const PathPattern>(new PathPattern(std::move(expression)));
}

PathPattern::PathPattern(std::unique_ptr<const re2::RE2> expression)
    : expression_(std::move(expression)) {}

PathPattern::~PathPattern() = default;

bool PathPattern::matches(std::string_view text) const {
  return re2::RE2::FullMatch(text, *expression_);
}

bool PathPattern::is_in(std::string_view text) const {
  return re2::RE2::PartialMatch(text, *expression_);
}

}  // namespace ashlar
