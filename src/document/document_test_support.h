// Documents for tests: from text, and random ones.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "document/json_text.h"
#include "document/json_value.h"

namespace ashlar {

// The value in a text; null and a failure of the test if there is none.
inline JsonValue json(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status().to_string();
  return value.ok() ? std::move(*value) : JsonValue();
}

inline JsonValue random_number(std::mt19937_64& random) {
  static constexpr const char* kEdges[] = {"0",
                                           "-0.0",
                                           "9007199254740992",
                                           "9007199254740993",
                                           "9007199254740992.0",
                                           "-9007199254740993",
                                           "9223372036854775807",
                                           "9223372036854775808",
                                           "9223372036854775808.0",
                                           "-9223372036854775808",
                                           "-9223372036854775809",
                                           "18446744073709551615",
                                           "18446744073709551616",
                                           "1.8446744073709552e19",
                                           "-18446744073709551616",
                                           "100000000000000000000000",
                                           "1e23",
                                           "-1e23",
                                           "1e400",
                                           "10e399",
                                           "1.5e400",
                                           "-1e400",
                                           "1e999999999",
                                           "1e99999999999999999999999",
                                           "5e-324",
                                           "-5e-324",
                                           "0.1",
                                           "1.7976931348623157e308",
                                           "-1.7976931348623157e308"};
  switch (random() % 5) {
    case 0:
      return json(kEdges[random() % std::size(kEdges)]);
    case 1:
      return JsonValue::integer(static_cast<int64_t>(random()));
    case 2:
      return JsonValue::integer(static_cast<int64_t>(random() % 9) - 4);
    case 3:
      return JsonValue::number(std::ldexp(static_cast<double>(random() % 1000) - 500,
                                          static_cast<int>(random() % 140) - 70));
    default: {
      std::string digits = random() % 2 == 0 ? "-1" : "1";
      for (uint64_t i = random() % 350; i > 0; --i) digits += static_cast<char>('0' + random() % 2);
      return JsonValue::big_number(digits);
    }
  }
}

inline std::string random_text(std::mt19937_64& random) {
  static constexpr std::string_view kPieces[] = {
      {"\0", 1}, "a",    "b",         "\x01", "\xc3\xa9",         "\n", "'", "\"",
      "\\",      "\x7f", "a\xc3\xa9", "z",    "\xf0\x9f\x98\x80", "/",  " "};
  std::string text;
  for (uint64_t i = random() % 4; i > 0; --i) text += kPieces[random() % std::size(kPieces)];
  return text;
}

// At most `depth` containers one in the other.
inline JsonValue random_json(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 7 : 4)) {
    case 0:
      return random() % 3 == 0 ? JsonValue() : JsonValue::boolean(random() % 2 == 0);
    case 1:
      return JsonValue::string(random_text(random));
    case 2:
    case 3:
      return random_number(random);
    case 4:
    case 5: {
      JsonValue::Array elements;
      for (uint64_t i = random() % 4; i > 0; --i)
        elements.push_back(random_json(random, depth - 1));
      return JsonValue::array(std::move(elements));
    }
    default: {
      JsonValue object = JsonValue::object();
      for (uint64_t i = random() % 4; i > 0; --i) {
        std::string name = random_text(random);
        if (object.find(name) != nullptr) continue;
        object.as_object().push_back({std::move(name), random_json(random, depth - 1)});
      }
      return object;
    }
  }
}

}  // namespace ashlar
