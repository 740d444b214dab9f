#include "filter/simple_spelling.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "document/json_number.h"
#include "document/utf8.h"
#include "filter/text_spelling.h"

namespace ashlar {
namespace {

// More would be too deep, or is rare.
constexpr std::size_t kMaximumComparisons = 16;

bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}
bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_name_byte(char byte) {
  return is_letter(byte) || is_digit(byte) || static_cast<unsigned char>(byte) >= 0x80;
}

bool is_reserved(std::string_view name) {
  std::string lower(name);
  for (char& byte : lower) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return std::binary_search(std::begin(kReservedWords), std::end(kReservedWords),
                            std::string_view(lower));
}

class SimpleReader {
 public:
  explicit SimpleReader(std::string_view text) : rest_(text) {}

  FilterNodePtr read() {
    std::vector<FilterNodePtr> comparisons;
    pass_blanks();
    do {
      FilterNodePtr comparison = read_comparison();
      if (comparison == nullptr || comparisons.size() == kMaximumComparisons) return nullptr;
      comparisons.push_back(std::move(comparison));
    } while (take_and());
    if (!rest_.empty()) return nullptr;
    return make_and(std::move(comparisons));
  }

 private:
  void pass_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }
  bool take(std::string_view sign) {
    if (!rest_.starts_with(sign)) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }
  bool take_and() {
    pass_blanks();
    if (rest_.size() < 4 || is_name_byte(rest_[3]) || !take("and")) return false;
    pass_blanks();
    return true;
  }

  FilterNodePtr read_comparison() {
    const auto path = read_path();
    if (!path) return nullptr;
    pass_blanks();
    bool is_negated = false;
    const auto op = read_sign(&is_negated);
    if (!op) return nullptr;
    pass_blanks();
    auto operand = read_value();
    if (!operand) return nullptr;
    FilterNodePtr filter = make_comparison(*op, *path, std::move(*operand));
    return is_negated ? make_not(std::move(filter)) : filter;
  }

  // Names of plain letters with dots between.
  std::optional<SingularPath> read_path() {
    std::string path = "$";
    do {
      const std::size_t size = name_size();
      if (size == 0 || (path.size() == 1 && is_reserved(rest_.substr(0, size)))) {
        return std::nullopt;
      }
      path.append(".").append(rest_.substr(0, size));
      rest_.remove_prefix(size);
    } while (take("."));
    auto parsed = SingularPath::parse(path);
    if (!parsed.ok()) return std::nullopt;
    return std::move(parsed).value();
  }
  std::size_t name_size() const {
    if (rest_.empty() || !is_letter(rest_.front())) return 0;
    const auto end = std::find_if_not(rest_.begin(), rest_.end(),
                                      [](char byte) { return is_letter(byte) || is_digit(byte); });
    return static_cast<std::size_t>(end - rest_.begin());
  }

  std::optional<FilterOperator> read_sign(bool* is_negated) {
    if (take("!=") || take("<>")) {
      *is_negated = true;
      return FilterOperator::kEqual;
    }
    if (take("==") || take("=")) return FilterOperator::kEqual;
    if (take("<=")) return FilterOperator::kLessEqual;
    if (take(">=")) return FilterOperator::kGreaterEqual;
    if (take("<")) return FilterOperator::kLess;
    if (take(">")) return FilterOperator::kGreater;
    return std::nullopt;
  }

  std::optional<JsonValue> read_value() {
    if (take("\"")) return read_string();
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), [](char byte) {
      return is_name_byte(byte) || byte == '-' || byte == '+' || byte == '.';
    });
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (token == "true" || token == "false") return JsonValue::boolean(token == "true");
    if (token == "null") return JsonValue();
    return parse_number(token);
  }

  // Behind the quote; without escapes.
  std::optional<JsonValue> read_string() {
    const auto end = std::find_if(rest_.begin(), rest_.end(), [](char byte) {
      return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
    });
    if (end == rest_.end() || *end != '"') return std::nullopt;
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    std::string content(rest_.substr(0, size));
    rest_.remove_prefix(size + 1);
    if (!is_utf8(content)) return std::nullopt;
    return JsonValue::string(std::move(content));
  }

  std::string_view rest_;
};

}  // namespace

FilterNodePtr parse_simple_filter(std::string_view text) {
  return SimpleReader(text).read();
}

}  // namespace ashlar
