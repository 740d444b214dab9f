#include "document/json_parts.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "document/json_number.h"
#include "document/json_walker.h"

namespace ashlar {
namespace {

// Digits that always fit 64 bits.
constexpr std::size_t kSafeDigits = 18;

class PartsReader : public JsonWalker {
 public:
  using JsonWalker::JsonWalker;

  bool read(const WantedParts::Node& wanted, JsonValue* document) {
    pass_blanks();
    if (at_end() || peek() != '{') return false;
    if (!document->is_object()) *document = JsonValue::object();
    document->as_object().clear();
    if (!read_object(wanted, &document->as_object(), 0)) return false;
    pass_blanks();
    return at_end();
  }

 private:
  bool read_value(const WantedParts::Node& wanted, JsonValue* out, int depth) {
    if (at_end()) return false;
    switch (peek()) {
      case '"':
        return read_string(out);
      case '{':
        *out = JsonValue::object();
        return read_object(wanted, &out->as_object(), depth);
      case '[':
        return read_array(out, depth);
      case 't':
        *out = JsonValue::boolean(true);
        return take_word("true");
      case 'f':
        *out = JsonValue::boolean(false);
        return take_word("false");
      case 'n':
        *out = JsonValue();
        return take_word("null");
      default:
        return read_number(out);
    }
  }

  // Members that nobody wants are checked only.
  bool read_object(const WantedParts::Node& wanted, JsonValue::Object* members, int depth) {
    return walk_object(depth, [&](std::string_view name) {
      const WantedParts::Node* const part = wanted.whole ? &wanted : wanted.find(name);
      if (part == nullptr) return pass_value(depth + 1);
      JsonValue& value = members->emplace_back(std::string(name), JsonValue()).value;
      return read_value(*part, &value, depth + 1);
    });
  }

  // Elements are taken whole: names look into those that are objects.
  bool read_array(JsonValue* out, int depth) {
    static const WantedParts::Node whole{.name = {}, .whole = true, .members = {}};
    *out = JsonValue::array();
    return walk_array(
        depth, [&] { return read_value(whole, &out->as_array().emplace_back(), depth + 1); });
  }

  bool read_string(JsonValue* out) {
    std::string_view content;
    if (!take('"') || !take_plain_string(&content)) return false;
    *out = JsonValue::string(std::string(content));
    return true;
  }

  bool read_number(JsonValue* out) {
    NumberText number;
    if (!take_number(&number)) return false;
    if (number.is_integer && number.digits <= kSafeDigits) {
      *out = JsonValue::integer(small_integer(number.text));
      return true;
    }
    auto parsed = parse_number(number.text);
    if (!parsed) return false;
    *out = std::move(*parsed);
    return true;
  }

  static int64_t small_integer(std::string_view text) {
    const bool negative = text.front() == '-';
    int64_t value = 0;
    for (const char digit : text.substr(negative ? 1 : 0)) value = value * 10 + (digit - '0');
    return negative ? -value : value;
  }
};

}  // namespace

const WantedParts::Node* WantedParts::Node::find(std::string_view member_name) const {
  for (const Node& member : members) {
    if (member.name == member_name) return &member;
  }
  return nullptr;
}

void WantedParts::add(const SingularPath& path) {
  Node* node = &root_;
  for (const PathStep& step : path.steps()) {
    // An index finds something in an array only, and arrays are taken whole.
    if (step.is_index) return;
    const auto known = std::find_if(node->members.begin(), node->members.end(),
                                    [&](const Node& member) { return member.name == step.name; });
    if (known != node->members.end()) {
      node = &*known;
    } else {
      node = &node->members.emplace_back(Node{step.name, false, {}});
    }
  }
  node->whole = true;
}

bool read_parts(std::string_view text, const WantedParts& wanted, JsonValue* document) {
  PartsReader reader(text);
  if (!reader.read(wanted.root(), document)) return false;
  return !reader.has_high_bytes() || simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace ashlar
