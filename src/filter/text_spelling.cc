#include "filter/text_spelling.h"

#include <algorithm>
#include <exception>
#include <tao/pegtl/contrib/parse_tree.hpp>
#include <utility>

#include "base/try.h"
#include "document/json_text.h"
#include "filter/caret.h"
#include "filter/filter.h"
#include "filter/filter_depth.h"
#include "filter/text_grammar.h"

namespace ashlar {
namespace {

namespace grammar = text_grammar;
using tao::pegtl::parse_tree::node;

// The rules that appear in the tree; their children do, too.
template <typename Rule>
using Kept = tao::pegtl::parse_tree::selector<
    Rule, tao::pegtl::parse_tree::store_content::on<
              grammar::double_quoted, grammar::single_quoted, grammar::number, grammar::constant,
              grammar::array, grammar::member, grammar::object, grammar::field_text,
              grammar::first_name, grammar::dotted_name, grammar::dotted_number, grammar::bracketed,
              grammar::comparison_sign, grammar::comparison, grammar::in_list, grammar::between,
              grammar::contains_all, grammar::contains, grammar::slashed, grammar::flags,
              grammar::matches, grammar::starts, grammar::exists, grammar::type_name,
              grammar::missing, grammar::is_not, grammar::is, grammar::negated, grammar::nothing,
              grammar::everything, grammar::size_call, grammar::exists_call, grammar::any_element,
              grammar::condition, grammar::negation, grammar::conjunction, grammar::expression>>;

// Turns the parse tree into a filter.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<FilterNodePtr> read(const node& at) const {
    if (at.is_type<grammar::expression>() || at.is_type<grammar::conjunction>()) {
      return read_list(at);
    }
    const node& first = at.children.empty() ? at : *at.children.front();
    if (at.is_type<grammar::everything>()) return make_true();
    if (at.is_type<grammar::nothing>()) return make_not(make_true());
    if (at.is_type<grammar::negation>()) {
      ASHLAR_TRY_ASSIGN(auto child, read(first));
      return make_not(std::move(child));
    }
    ASHLAR_TRY_ASSIGN(SingularPath path, read_path(first));
    if (at.is_type<grammar::exists_call>()) return make_exists(std::move(path));
    const node& second = *at.children.at(1);
    if (at.is_type<grammar::any_element>()) {
      ASHLAR_TRY_ASSIGN(auto child, read(second));
      return make_any_element(std::move(path), std::move(child));
    }
    if (at.is_type<grammar::size_call>()) return read_size(path, second);
    return read_test(path, second);
  }

 private:
  Status error(const node& at, std::string_view what) const {
    return error_with_caret(what, text_, at.begin().byte);
  }
  Status error(const node& at, const Status& status) const { return error(at, status.message()); }

  Result<FilterNodePtr> read_list(const node& at) const {
    std::vector<FilterNodePtr> children;
    for (const auto& child : at.children) {
      ASHLAR_TRY_ASSIGN(children.emplace_back(), read(*child));
    }
    return at.is_type<grammar::expression>() ? make_or(std::move(children))
                                             : make_and(std::move(children));
  }

  // --- Conditions ---
  Result<FilterNodePtr> read_test(const SingularPath& path, const node& test) const {
    if (test.is_type<grammar::negated>()) {
      ASHLAR_TRY_ASSIGN(auto child, read_test(path, *test.children.front()));
      return make_not(std::move(child));
    }
    if (test.is_type<grammar::exists>()) return make_exists(path);
    if (test.is_type<grammar::comparison>()) return read_comparison(path, test);
    if (test.is_type<grammar::is>()) return read_is(path, test);
    if (test.is_type<grammar::in_list>()) {
      ASHLAR_TRY_ASSIGN(JsonValue list, read_values(test));
      return make_comparison(FilterOperator::kIn, path, std::move(list));
    }
    if (test.is_type<grammar::between>()) return read_between(path, test);
    if (test.is_type<grammar::contains>()) return read_contains(path, test);
    return read_pattern(path, test);
  }

  Result<FilterNodePtr> read_comparison(const SingularPath& path, const node& test) const {
    const std::string_view sign = test.children.front()->string_view();
    ASHLAR_TRY_ASSIGN(JsonValue operand, read_value(*test.children.at(1)));
    if (sign == "!=" || sign == "<>") {
      return make_not(make_comparison(FilterOperator::kEqual, path, std::move(operand)));
    }
    FilterOperator op = FilterOperator::kEqual;
    if (sign == "<") op = FilterOperator::kLess;
    if (sign == "<=") op = FilterOperator::kLessEqual;
    if (sign == ">") op = FilterOperator::kGreater;
    if (sign == ">=") op = FilterOperator::kGreaterEqual;
    return make_comparison(op, path, std::move(operand));
  }

  Result<FilterNodePtr> read_size(const SingularPath& path, const node& test) const {
    const node& sign = *test.children.front();
    const bool is_negated = sign.string_view() == "!=" || sign.string_view() == "<>";
    if (!is_negated && sign.string_view().front() != '=') {
      return error(sign, "a size is compared with = or !=");
    }
    const node& operand = *test.children.at(1);
    ASHLAR_TRY_ASSIGN(JsonValue size, read_value(operand));
    if (size.kind() != JsonValue::Kind::kInt || size.as_int() < 0) {
      return error(operand, "a size is an integer that is not negative");
    }
    auto filter = make_comparison(FilterOperator::kSize, path, std::move(size));
    return is_negated ? make_not(std::move(filter)) : filter;
  }

  Result<FilterNodePtr> read_between(const SingularPath& path, const node& test) const {
    ASHLAR_TRY_ASSIGN(JsonValue low, read_value(*test.children.at(0)));
    ASHLAR_TRY_ASSIGN(JsonValue high, read_value(*test.children.at(1)));
    return make_and({make_comparison(FilterOperator::kGreaterEqual, path, std::move(low)),
                     make_comparison(FilterOperator::kLessEqual, path, std::move(high))});
  }

  Result<FilterNodePtr> read_contains(const SingularPath& path, const node& test) const {
    const node& operand = *test.children.front();
    const bool is_all = operand.is_type<grammar::contains_all>();
    ASHLAR_TRY_ASSIGN(JsonValue list, read_values(is_all ? operand : test));
    return make_comparison(FilterOperator::kAll, path, std::move(list));
  }

  Result<FilterNodePtr> read_pattern(const SingularPath& path, const node& test) const {
    const node& source = *test.children.front();
    std::string text;
    if (source.is_type<grammar::slashed>()) {
      text = unslashed(source.string_view());
    } else {
      ASHLAR_TRY_ASSIGN(const JsonValue value, read_value(source));
      text = value.as_text();
    }
    const auto pattern = test.is_type<grammar::starts>()
                             ? Pattern::compile_prefix(text)
                             : Pattern::compile(text, test.children.at(1)->string_view());
    if (!pattern.ok()) return error(source, pattern.status());
    // Whoever writes the filter as JSON has to be able to.
    if (!parse_json(to_json(JsonValue::string(text))).ok()) return error(source, "not UTF-8");
    return make_matches(path, *pattern);
  }

  static std::string unslashed(std::string_view token) {
    token = token.substr(1, token.size() - 2);
    std::string text;
    for (std::size_t at = 0; at < token.size(); ++at) {
      if (token[at] == '\\' && token[at + 1] == '/') continue;
      text.push_back(token[at]);
      if (token[at] == '\\') text.push_back(token[++at]);
    }
    return text;
  }

  Result<FilterNodePtr> read_is(const SingularPath& path, const node& test) const {
    const bool is_negated = test.children.size() > 1;
    const node& operand = *test.children.back();
    FilterNodePtr filter;
    if (operand.is_type<grammar::missing>()) {
      filter = make_not(make_exists(path));
    } else {
      std::string name = operand.string();
      while (!name.empty() && static_cast<unsigned char>(name.back()) <= ' ') name.pop_back();
      const auto type = value_type_named(name);
      if (!type) {
        return error(operand,
                     "expected missing, null, bool, number, integer, string, array or object");
      }
      filter = make_type(path, *type);
    }
    return is_negated ? make_not(std::move(filter)) : filter;
  }

  // --- Fields ---
  Result<SingularPath> read_path(const node& field) const {
    std::string path = "$";
    for (const auto& step : field.children) {
      if (step->is_type<grammar::first_name>()) {
        path.append(".").append(step->string_view());
      } else if (step->is_type<grammar::dotted_number>()) {
        path.append("[").append(step->string_view().substr(1)).append("]");
      } else {
        path.append(step->string_view());
      }
    }
    auto parsed = SingularPath::parse(path);
    if (!parsed.ok()) return error(field, parsed.status());
    return parsed;
  }

  // --- Values ---
  Result<JsonValue> read_value(const node& at) const {
    std::string json;
    append_value(at, &json);
    auto value = parse_json(json);
    if (!value.ok()) return error(at, value.status());
    return value;
  }

  // The children as an array.
  Result<JsonValue> read_values(const node& parent) const {
    JsonValue::Array list;
    for (const auto& child : parent.children) {
      ASHLAR_TRY_ASSIGN(list.emplace_back(), read_value(*child));
    }
    return JsonValue::array(std::move(list));
  }

  // As JSON spells it.
  static void append_value(const node& at, std::string* json) {
    if (at.is_type<grammar::single_quoted>()) return append_requoted(at.string_view(), json);
    const bool is_array = at.is_type<grammar::array>();
    if (!is_array && !at.is_type<grammar::object>()) {
      json->append(at.string_view());
      return;
    }
    json->push_back(is_array ? '[' : '{');
    for (const auto& child : at.children) {
      if (child != at.children.front()) json->push_back(',');
      if (is_array) {
        append_value(*child, json);
      } else {
        append_value(*child->children.at(0), json);
        json->push_back(':');
        append_value(*child->children.at(1), json);
      }
    }
    json->push_back(is_array ? ']' : '}');
  }

  static void append_requoted(std::string_view token, std::string* json) {
    token = token.substr(1, token.size() - 2);
    json->push_back('"');
    for (std::size_t at = 0; at < token.size(); ++at) {
      if (token[at] == '\\' && token[at + 1] == '\'') {
        json->push_back(token[++at]);
      } else if (token[at] == '\\') {
        json->push_back(token[at]);
        json->push_back(token[++at]);
      } else {
        json->append(token[at] == '"' ? "\\\"" : token.substr(at, 1));
      }
    }
    json->push_back('"');
  }

  const std::string_view text_;
};

}  // namespace

Result<FilterNodePtr> parse_text_filter(std::string_view text) {
  if (text.size() > kMaximumFilterBytes) return Status::too_large("a filter of over 1 MiB");
  try {
    tao::pegtl::memory_input in(text.data(), text.size(), "filter");
    const auto root =
        tao::pegtl::parse_tree::parse<grammar::whole, Kept, grammar::limits, grammar::messages>(in);
    if (root == nullptr) return error_with_caret("this cannot be read", text, 0);
    if (root->children.empty()) return make_true();
    ASHLAR_TRY_ASSIGN(FilterNodePtr filter, Reader(text).read(*root->children.front()));
    ASHLAR_TRY(check_filter_depth(filter_depth(*filter)));
    return filter;
  } catch (const tao::pegtl::parse_error& failure) {
    return error_with_caret(failure.message(), text, failure.positions().front().byte);
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory("no memory to read a filter");
  }
}

}  // namespace ashlar
