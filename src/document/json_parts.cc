#include "document/json_parts.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "document/json_number.h"

namespace ashlar {
namespace {

// What is deeper or wider is left to parse_json().
constexpr int kMaximumPartsDepth = 32;
constexpr std::size_t kMaximumOpenNames = 256;
constexpr std::size_t kMaximumMembers = 64;
// Digits that always fit 64 bits.
constexpr std::size_t kSafeDigits = 18;

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;
static_assert(std::endian::native == std::endian::little);

// A high bit in the first byte that is zero; bytes behind it may have one, too.
constexpr uint64_t zero_bytes(uint64_t word) {
  return (word - kOnes) & ~word & kHighBits;
}

// The same for bytes that end a run of plain characters in a string: quotes, backslashes, control
// characters.
constexpr uint64_t special_bytes(uint64_t word) {
  const uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
  return control | zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\'));
}

constexpr bool is_special(char byte) {
  return static_cast<unsigned char>(byte) < 0x20 || byte == '"' || byte == '\\';
}
constexpr bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

// One walk over one text. Functions that return bool return false if parse_json() is to decide.
class PartsReader {
 public:
  // Room for names is not cleared for each document.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  explicit PartsReader(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool read(const WantedParts::Node& wanted, JsonValue* document) {
    pass_blanks();
    if (!take('{')) return false;
    if (!document->is_object()) *document = JsonValue::object();
    document->as_object().clear();
    if (!read_object(&wanted, &document->as_object(), 1)) return false;
    pass_blanks();
    return at_ == end_;
  }

  // Whether bytes other than ASCII were met.
  bool has_high_bytes() const { return (seen_ & kHighBits) != 0; }

 private:
  struct Name {
    const char* data;
    std::size_t size;
  };

  bool take(char byte) {
    if (at_ == end_ || *at_ != byte) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) {
      return false;
    }
    at_ += word.size();
    return true;
  }
  void pass_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  // --- Values ---
  // Into `out` what is wanted of it; without `wanted`, checks it only.
  bool read_value(const WantedParts::Node* wanted, JsonValue* out, int depth) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        ++at_;
        return wanted == nullptr ? pass_string() : read_string(out);
      case '{':
        ++at_;
        if (depth == kMaximumPartsDepth) return false;
        if (wanted == nullptr) return read_object(nullptr, nullptr, depth + 1);
        *out = JsonValue::object();
        return read_object(wanted, &out->as_object(), depth + 1);
      case '[':
        ++at_;
        if (depth == kMaximumPartsDepth) return false;
        return read_array(wanted, out, depth + 1);
      case 't':
        if (wanted != nullptr) *out = JsonValue::boolean(true);
        return take_word("true");
      case 'f':
        if (wanted != nullptr) *out = JsonValue::boolean(false);
        return take_word("false");
      case 'n':
        if (wanted != nullptr) *out = JsonValue();
        return take_word("null");
      default:
        return read_number(wanted == nullptr ? nullptr : out);
    }
  }

  // Behind the brace. Members that nobody wants are checked only.
  bool read_object(const WantedParts::Node* wanted, JsonValue::Object* members, int depth) {
    const std::size_t first = open_names_;
    uint64_t hashes = 0;
    pass_blanks();
    if (take('}')) return true;
    do {
      pass_blanks();
      std::string_view name;
      if (!take('"') || !take_plain_string(&name)) return false;
      if (!is_new_name(name, first, &hashes)) return false;
      pass_blanks();
      if (!take(':')) return false;
      pass_blanks();
      const WantedParts::Node* const part = part_of(wanted, name);
      JsonValue* value = nullptr;
      if (part != nullptr) value = &members->emplace_back(std::string(name), JsonValue()).value;
      if (!read_value(part, value, depth)) return false;
      pass_blanks();
    } while (take(','));
    open_names_ = first;
    return take('}');
  }

  static const WantedParts::Node* part_of(const WantedParts::Node* wanted, std::string_view name) {
    if (wanted == nullptr) return nullptr;
    return wanted->whole ? wanted : wanted->find(name);
  }

  // Behind the bracket. Elements are taken whole: names look into those that are objects.
  bool read_array(const WantedParts::Node* wanted, JsonValue* out, int depth) {
    static const WantedParts::Node whole{.name = {}, .whole = true, .members = {}};
    const bool is_wanted = wanted != nullptr;
    if (is_wanted) *out = JsonValue::array();
    pass_blanks();
    if (take(']')) return true;
    do {
      pass_blanks();
      JsonValue* const element = is_wanted ? &out->as_array().emplace_back() : nullptr;
      if (!read_value(is_wanted ? &whole : nullptr, element, depth)) return false;
      pass_blanks();
    } while (take(','));
    return take(']');
  }

  // --- Names ---
  // False as well if there are too many to tell.
  bool is_new_name(std::string_view name, std::size_t first, uint64_t* hashes) {
    if (open_names_ == kMaximumOpenNames || open_names_ - first == kMaximumMembers) return false;
    const uint64_t bit = uint64_t{1} << hash_of(name);
    if ((*hashes & bit) != 0) {
      for (std::size_t other = first; other < open_names_; ++other) {
        if (std::string_view(names_[other].data, names_[other].size) == name) return false;
      }
    }
    *hashes |= bit;
    names_[open_names_++] = {name.data(), name.size()};
    return true;
  }

  // Of six bits.
  static unsigned hash_of(std::string_view name) {
    constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    uint64_t front = 0;
    std::memcpy(&front, name.data(), name.size() < sizeof front ? name.size() : sizeof front);
    const auto last = static_cast<unsigned char>(name.empty() ? '\0' : name.back());
    return static_cast<unsigned>(((front ^ (name.size() << 56) ^ last) * kMultiplier) >> 58);
  }

  // --- Strings, behind the first quote ---
  // Goes to the next byte that is no plain character.
  void pass_plain() {
    while (end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof(uint64_t))) {
      uint64_t word = 0;
      std::memcpy(&word, at_, sizeof word);
      seen_ |= word;
      if (const uint64_t special = special_bytes(word); special != 0) {
        at_ += std::countr_zero(special) / 8;
        return;
      }
      at_ += sizeof word;
    }
    for (; at_ != end_ && !is_special(*at_); ++at_) seen_ |= static_cast<unsigned char>(*at_);
  }

  bool take_plain_string(std::string_view* content) {
    const char* const start = at_;
    pass_plain();
    *content = {start, static_cast<std::size_t>(at_ - start)};
    return take('"');
  }

  bool read_string(JsonValue* out) {
    std::string_view content;
    if (!take_plain_string(&content)) return false;
    *out = JsonValue::string(std::string(content));
    return true;
  }

  bool pass_string() {
    for (;;) {
      pass_plain();
      if (take('"')) return true;
      if (!take('\\') || at_ == end_) return false;
      // Escapes of characters by number come in pairs or not: parse_json() knows.
      if (std::string_view("\"\\/bfnrt").find(*at_) == std::string_view::npos) return false;
      ++at_;
    }
  }

  // --- Numbers ---
  bool read_number(JsonValue* out) {
    const char* const start = at_;
    take('-');
    const char* const digits = at_;
    pass_digits();
    const auto count = static_cast<std::size_t>(at_ - digits);
    if (count == 0 || (*digits == '0' && count > 1)) return false;
    const bool is_integer = at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
    if (!is_integer && !pass_fraction()) return false;
    if (out == nullptr) return true;
    if (is_integer && count <= kSafeDigits) {
      *out = JsonValue::integer(small_integer(start, digits));
      return true;
    }
    auto number = parse_number({start, static_cast<std::size_t>(at_ - start)});
    if (!number) return false;
    *out = std::move(*number);
    return true;
  }

  int64_t small_integer(const char* start, const char* digits) const {
    int64_t value = 0;
    for (const char* digit = digits; digit != at_; ++digit) value = value * 10 + (*digit - '0');
    return start == digits ? value : -value;
  }

  void pass_digits() {
    while (at_ != end_ && is_digit(*at_)) ++at_;
  }
  bool pass_fraction() {
    if (take('.')) {
      const char* const start = at_;
      pass_digits();
      if (at_ == start) return false;
    }
    if (take('e') || take('E')) {
      if (!take('-')) take('+');
      const char* const start = at_;
      pass_digits();
      if (at_ == start) return false;
    }
    return true;
  }

  const char* at_;
  const char* const end_;
  uint64_t seen_ = 0;              // all bytes of strings, and some behind them
  Name names_[kMaximumOpenNames];  // of the members read so far of all open objects
  std::size_t open_names_ = 0;
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
