#include "document/json_number.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace ashlar {
namespace {

std::string_view take_digits(std::string_view* text) {
  const std::size_t end = std::min(text->find_first_not_of("0123456789"), text->size());
  const std::string_view digits = text->substr(0, end);
  text->remove_prefix(end);
  return digits;
}

bool take(std::string_view* text, char wanted) {
  if (text->empty() || text->front() != wanted) return false;
  text->remove_prefix(1);
  return true;
}

std::string without_leading_zeros(std::string_view digits) {
  const std::size_t start = std::min(digits.find_first_not_of('0'), digits.size());
  return std::string(digits.substr(start));
}

template <typename Number>
std::optional<Number> read_whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A signed number whose magnitude is digits; `amount` is added.
void add_signed(bool* negative, std::string* digits, int64_t amount) {
  const bool amount_negative = amount < 0;
  const uint64_t magnitude =
      amount_negative ? uint64_t{0} - static_cast<uint64_t>(amount) : static_cast<uint64_t>(amount);
  if (amount_negative == *negative) {
    add_to_digits(digits, magnitude);
  } else if (const auto small = read_whole<uint64_t>(*digits); small && *small < magnitude) {
    *digits = std::to_string(magnitude - *small);
    *negative = amount_negative;
  } else {
    take_from_digits(digits, magnitude);
  }
  if (*digits == "0") *negative = false;
}

}  // namespace

std::optional<NumberSpelling> spell_number(std::string_view text) {
  NumberSpelling spelling;
  spelling.negative = take(&text, '-');
  spelling.integer = take_digits(&text);
  if (spelling.integer.empty()) return std::nullopt;
  if (spelling.integer.size() > 1 && spelling.integer.front() == '0') return std::nullopt;
  if (take(&text, '.')) {
    spelling.fraction = take_digits(&text);
    if (spelling.fraction.empty()) return std::nullopt;
  }
  if (take(&text, 'e') || take(&text, 'E')) {
    spelling.exponent_negative = take(&text, '-');
    if (!spelling.exponent_negative) take(&text, '+');
    spelling.exponent = take_digits(&text);
    if (spelling.exponent.empty()) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return spelling;
}

NumberContent number_content(const NumberSpelling& spelling, std::string_view text) {
  if (spelling.is_integer()) {
    if (const auto value = read_whole<int64_t>(text)) return *value;
    if (const auto value = read_whole<uint64_t>(text)) return *value;
    return std::monostate{};
  }
  if (const auto value = read_whole<double>(text)) return *value;
  const DecimalNumber decimal(spelling);
  if (!decimal.digits.empty() && !decimal.exponent_negative) return std::monostate{};
  return spelling.negative ? -0.0 : 0.0;
}

std::optional<JsonValue> parse_number(std::string_view text) {
  const auto spelling = spell_number(text);
  if (!spelling) return std::nullopt;
  const NumberContent content = number_content(*spelling, text);
  if (const auto* value = std::get_if<int64_t>(&content)) return JsonValue::integer(*value);
  if (const auto* value = std::get_if<uint64_t>(&content)) {
    return JsonValue::unsigned_integer(*value);
  }
  if (const auto* value = std::get_if<double>(&content)) return JsonValue::number(*value);
  return JsonValue::big_number(std::string(text));
}

DecimalNumber::DecimalNumber(const NumberSpelling& spelling) : negative(spelling.negative) {
  digits.reserve(spelling.integer.size() + spelling.fraction.size());
  digits.append(spelling.integer).append(spelling.fraction);
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, zeros);
  digits.erase(digits.find_last_not_of('0') + 1);
  exponent = without_leading_zeros(spelling.exponent);
  if (exponent.empty()) exponent = "0";
  exponent_negative = spelling.exponent_negative && exponent != "0";
  add_signed(&exponent_negative, &exponent,
             static_cast<int64_t>(spelling.integer.size()) - static_cast<int64_t>(zeros));
}

void add_to_digits(std::string* digits, uint64_t amount) {
  std::size_t at = digits->size();
  while (amount > 0) {
    if (at == 0) {
      digits->insert(digits->begin(), '0');
      at = 1;
    }
    --at;
    const uint64_t sum = static_cast<uint64_t>((*digits)[at] - '0') + amount % 10;
    (*digits)[at] = static_cast<char>('0' + sum % 10);
    amount = amount / 10 + sum / 10;
  }
}

void take_from_digits(std::string* digits, uint64_t amount) {
  std::size_t at = digits->size();
  while (amount > 0) {
    ASHLAR_CHECK(at > 0);
    --at;
    int difference = (*digits)[at] - '0' - static_cast<int>(amount % 10);
    amount /= 10;
    if (difference < 0) {
      difference += 10;
      ++amount;
    }
    (*digits)[at] = static_cast<char>('0' + difference);
  }
  *digits = without_leading_zeros(*digits);
  if (digits->empty()) *digits = "0";
}

}  // namespace ashlar
