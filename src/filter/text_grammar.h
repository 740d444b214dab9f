// The grammar of filters as text, in PEGTL's terms. Seen by text_spelling.cc alone: no other file
// pays for the templates.
#pragma once

#include <cstddef>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/limit_depth.hpp>

namespace ashlar::text_grammar {

using namespace tao::pegtl;  // NOLINT: a grammar is made of its names

// Parentheses, brackets and `not` within one another.
inline constexpr std::size_t kMaximumNesting = 250;

// --- Words -----------------------------------------------------------------------------------
struct blank : star<space> {};
struct letter : sor<alpha, one<'_'>, range<static_cast<char>(0x80), static_cast<char>(0xff)>> {};
struct name_end : not_at<sor<letter, digit>> {};
template <char... kLetters>
struct word : seq<istring<kLetters...>, name_end, blank> {};
template <char... kCharacters>
struct sign : seq<string<kCharacters...>, blank> {};

struct word_and : word<'a', 'n', 'd'> {};
struct word_or : word<'o', 'r'> {};
struct word_not : word<'n', 'o', 't'> {};
struct word_in : word<'i', 'n'> {};
struct word_is : word<'i', 's'> {};
struct word_all : word<'a', 'l', 'l'> {};
struct word_any : word<'a', 'n', 'y'> {};
struct word_true : word<'t', 'r', 'u', 'e'> {};
struct word_false : word<'f', 'a', 'l', 's', 'e'> {};
struct word_null : word<'n', 'u', 'l', 'l'> {};
struct word_between : word<'b', 'e', 't', 'w', 'e', 'e', 'n'> {};
struct word_contains : word<'c', 'o', 'n', 't', 'a', 'i', 'n', 's'> {};
struct word_matches : word<'m', 'a', 't', 'c', 'h', 'e', 's'> {};
struct word_starts : word<'s', 't', 'a', 'r', 't', 's'> {};
struct word_with : word<'w', 'i', 't', 'h'> {};
struct word_exists : word<'e', 'x', 'i', 's', 't', 's'> {};
struct word_missing : word<'m', 'i', 's', 's', 'i', 'n', 'g'> {};
struct word_size : word<'s', 'i', 'z', 'e'> {};
struct reserved
    : sor<word_and, word_or, word_not, word_in, word_is, word_true, word_false, word_null,
          word_between, word_contains, word_matches, word_starts, word_exists> {};
struct open : sign<'('> {};
struct close : sign<')'> {};
struct comma : sign<','> {};

// --- Values ----------------------------------------------------------------------------------
template <char kQuote>
struct rest_of_string : until<one<kQuote>, sor<seq<one<'\\'>, any>, any>> {};
struct double_quoted : if_must<one<'"'>, rest_of_string<'"'>> {};
struct single_quoted : if_must<one<'\''>, rest_of_string<'\''>> {};
struct string_value : sor<double_quoted, single_quoted> {};
struct exponent : seq<one<'e', 'E'>, opt<one<'+', '-'>>, plus<digit>> {};
struct number
    : seq<opt<one<'-'>>, plus<digit>, opt<one<'.'>, plus<digit>>, opt<exponent>, name_end> {};
struct constant : seq<sor<string<'t', 'r', 'u', 'e'>, string<'f', 'a', 'l', 's', 'e'>,
                          string<'n', 'u', 'l', 'l'>>,
                      name_end> {};
struct value;
struct array : if_must<sign<'['>, opt<list_must<value, comma>>, one<']'>> {};
struct colon : sign<':'> {};
struct member_name : seq<string_value, blank> {};
struct member : if_must<member_name, colon, value> {};
struct object : if_must<sign<'{'>, opt<list_must<member, comma>>, one<'}'>> {};
struct bare_value : sor<string_value, number, constant, array, object> {};
struct value : seq<bare_value, blank> {};
struct value_list : seq<open, opt<list_must<value, comma>>, must<close>> {};
struct required_list : sor<value_list> {};

// --- Fields ----------------------------------------------------------------------------------
struct name : seq<letter, star<sor<letter, digit>>> {};
struct element_number : plus<digit> {};
struct dotted_name : seq<one<'.'>, name> {};
struct dotted_number : seq<one<'.'>, element_number, name_end> {};
struct bracket_content : sor<seq<opt<one<'-'>>, plus<digit>>, string_value> {};
struct bracketed : if_must<one<'['>, bracket_content, one<']'>> {};
struct step : sor<dotted_name, dotted_number, bracketed> {};
struct first_name : seq<not_at<reserved>, name> {};
struct field_text : seq<sor<one<'$'>, first_name>, star<step>> {};
struct field : seq<field_text, blank> {};

// --- Conditions ------------------------------------------------------------------------------
struct comparison_sign : sor<string<'=', '='>, string<'!', '='>, string<'<', '>'>, string<'<', '='>,
                             string<'>', '='>, one<'=', '<', '>'>> {};
struct comparison : if_must<comparison_sign, blank, value> {};
struct in_list : if_must<word_in, required_list> {};
struct between : if_must<word_between, value, word_and, value> {};
struct contains_all : seq<word_all, value_list> {};
struct contained : sor<contains_all, value> {};
struct contains : if_must<word_contains, contained> {};
struct slashed_rest : until<one<'/'>, sor<seq<one<'\\'>, any>, any>> {};
struct slashed : if_must<one<'/'>, slashed_rest> {};
struct flags : star<letter> {};
struct expression_text : sor<slashed, string_value> {};
struct matches : if_must<word_matches, expression_text, flags, blank> {};
struct prefix_text : sor<string_value> {};
struct starts : if_must<word_starts, word_with, prefix_text, blank> {};
struct exists : sor<word_exists> {};
struct type_name : seq<plus<letter>, blank> {};
struct missing : sor<word_missing> {};
struct is_not : sor<word_not> {};
struct is_operand : seq<opt<is_not>, sor<missing, type_name>> {};
struct is : if_must<word_is, is_operand> {};
struct can_be_negated : sor<in_list, between, contains, matches, starts, exists> {};
struct negated : if_must<word_not, can_be_negated> {};
struct test : sor<comparison, is, negated, can_be_negated> {};

struct expression;
struct required_field : sor<field> {};
struct group : if_must<open, expression, close> {};
struct nothing : sor<word_false> {};
struct everything : sor<word_true> {};
struct size_call : if_must<seq<word_size, open>, required_field, close, comparison> {};
struct exists_call : if_must<seq<word_exists, open>, required_field, close> {};
struct any_element : seq<word_any, field, at<open>, must<group>> {};
struct condition : if_must<field, test> {};
struct term;
struct negation : if_must<word_not, term> {};
struct term
    : sor<negation, group, everything, nothing, size_call, exists_call, any_element, condition> {};
struct conjunction : list_must<term, word_and> {};
struct expression : list_must<conjunction, word_or> {};
struct end : eof {};
struct whole : seq<blank, sor<eof, seq<must<expression>, must<end>>>> {};

// --- What is said when one of them is missing --------------------------------------------------
template <typename Rule>
inline constexpr const char* kMessage = "this cannot be read";
template <>
inline constexpr const char* kMessage<expression> = "expected a condition";
template <>
inline constexpr const char* kMessage<conjunction> = "expected a condition";
template <>
inline constexpr const char* kMessage<term> = "expected a condition";
template <>
inline constexpr const char* kMessage<group> = "expected a condition in parentheses";
template <>
inline constexpr const char* kMessage<test> = "expected a comparison, such as = or in";
template <>
inline constexpr const char* kMessage<can_be_negated> =
    "expected in, between, contains, matches, starts or exists";
template <>
inline constexpr const char* kMessage<value> = "expected a value";
template <>
inline constexpr const char* kMessage<contained> = "expected a value, or all (values)";
template <>
inline constexpr const char* kMessage<required_list> = "expected values in parentheses";
template <>
inline constexpr const char* kMessage<required_field> = "expected a field";
template <>
inline constexpr const char* kMessage<comparison> = "expected = or != and a number";
template <>
inline constexpr const char* kMessage<is_operand> = "expected a type, or missing";
template <>
inline constexpr const char* kMessage<expression_text> =
    "expected a regular expression, /…/ or a string";
template <>
inline constexpr const char* kMessage<prefix_text> = "expected a string";
template <>
inline constexpr const char* kMessage<slashed_rest> = "the regular expression has no end";
template <>
inline constexpr const char* kMessage<rest_of_string<'"'>> = "the string has no end";
template <>
inline constexpr const char* kMessage<rest_of_string<'\''>> = "the string has no end";
template <>
inline constexpr const char* kMessage<bracket_content> = "expected a number or a string";
template <>
inline constexpr const char* kMessage<close> = "expected ')'";
template <>
inline constexpr const char* kMessage<one<']'>> = "expected ']'";
template <>
inline constexpr const char* kMessage<one<'}'>> = "expected '}'";
template <>
inline constexpr const char* kMessage<colon> = "expected ':'";
template <>
inline constexpr const char* kMessage<member> = "expected a name in quotes";
template <>
inline constexpr const char* kMessage<word_with> = "expected with";
template <>
inline constexpr const char* kMessage<word_and> = "expected and";
template <>
inline constexpr const char* kMessage<end> = "expected and, or, or the end";

// Raises the messages above, at those places alone where the grammar says must.
template <typename Rule>
struct messages : normal<Rule> {
  template <typename Input, typename... States>
  [[noreturn]] static void raise(const Input& in, States&&... /*states*/) {
    throw parse_error(kMessage<Rule>, in);
  }
};

template <typename Rule>
struct limits : tao::pegtl::nothing<Rule> {};
template <>
struct limits<term> : limit_depth<kMaximumNesting> {};
template <>
struct limits<value> : limit_depth<kMaximumNesting> {};

}  // namespace ashlar::text_grammar
