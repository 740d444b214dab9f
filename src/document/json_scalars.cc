#include "document/json_scalars.h"

#include <simdjson.h>

#include <algorithm>

#include "base/check.h"
#include "document/json_number.h"
#include "document/json_order.h"
#include "document/json_walker.h"

namespace ashlar {
namespace {

class ScalarsReader : public JsonWalker {
 public:
  ScalarsReader(std::string_view text, ScalarText* found) : JsonWalker(text), found_(found) {}

  bool read(const WantedScalars::Node& root) {
    pass_blanks();
    // A path without steps means the document, which is no scalar.
    if (root.place || at_end() || peek() != '{' || !read_object(root, 0)) return false;
    pass_blanks();
    return at_end();
  }

 private:
  bool read_object(const WantedScalars::Node& wanted, int depth) {
    return walk_object(depth, [&](std::string_view name) {
      const WantedScalars::Node* const node = wanted.find(name);
      return node == nullptr ? pass_value(depth + 1) : read_value(*node, depth + 1);
    });
  }

  bool read_value(const WantedScalars::Node& wanted, int depth) {
    if (at_end()) return false;
    ScalarText scalar;
    switch (peek()) {
      case '"':
        scalar.kind = ScalarText::Kind::kString;
        if (!take('"') || !take_plain_string(&scalar.text)) return false;
        break;
      case '{':
        return !wanted.place && read_object(wanted, depth);
      case '[':
        return false;
      case 't':
        scalar.kind = ScalarText::Kind::kTrue;
        if (!take_word("true")) return false;
        break;
      case 'f':
        scalar.kind = ScalarText::Kind::kFalse;
        if (!take_word("false")) return false;
        break;
      case 'n':
        scalar.kind = ScalarText::Kind::kNull;
        if (!take_word("null")) return false;
        break;
      default: {
        NumberText number;
        if (!take_number(&number)) return false;
        scalar.kind = ScalarText::Kind::kNumber;
        scalar.text = number.text;
      }
    }
    if (wanted.place) found_[*wanted.place] = scalar;
    return true;
  }

  ScalarText* const found_;
};

JsonValue value_of(const ScalarText& scalar) {
  switch (scalar.kind) {
    case ScalarText::Kind::kFalse:
    case ScalarText::Kind::kTrue:
      return JsonValue::boolean(scalar.kind == ScalarText::Kind::kTrue);
    case ScalarText::Kind::kNumber: {
      auto number = parse_number(scalar.text);
      ASHLAR_CHECK(number.has_value());
      return std::move(*number);
    }
    default:
      return {};
  }
}

}  // namespace

const WantedScalars::Node* WantedScalars::Node::find(std::string_view member_name) const {
  for (const Node& member : members) {
    if (member.name == member_name) return &member;
  }
  return nullptr;
}

std::size_t WantedScalars::add(const SingularPath& path) {
  Node* node = &root_;
  for (const PathStep& step : path.steps()) {
    // Leads on in an array only; in a scalar or an object there is nothing, and so nothing to fill
    // this place with.
    if (step.is_index) return places_++;
    const auto known = std::find_if(node->members.begin(), node->members.end(),
                                    [&](const Node& member) { return member.name == step.name; });
    if (known != node->members.end()) {
      node = &*known;
    } else {
      node = &node->members.emplace_back(Node{step.name, std::nullopt, {}});
    }
  }
  if (!node->place) node->place = places_++;
  return *node->place;
}

bool read_scalars(std::string_view text, const WantedScalars& wanted, ScalarText* found) {
  std::fill_n(found, wanted.places(), ScalarText());
  ScalarsReader reader(text, found);
  if (!reader.read(wanted.root())) return false;
  return !reader.has_high_bytes() || simdjson::validate_utf8(text.data(), text.size());
}

void append_order_key(const ScalarText& scalar, bool descending, std::string* out) {
  if (scalar.kind == ScalarText::Kind::kString) {
    append_text_order_key(scalar.text, descending, out);
  } else {
    append_order_key(value_of(scalar), descending, out);
  }
}

}  // namespace ashlar
