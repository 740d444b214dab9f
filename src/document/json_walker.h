// Checks a JSON text in one pass over its bytes; readers that take something of it stand on it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ashlar::json_walker_internal {

// What is deeper or wider is left to parse_json().
inline constexpr int kMaximumDepth = 32;
inline constexpr std::size_t kMaximumOpenNames = 256;
inline constexpr std::size_t kMaximumMembers = 64;

inline constexpr uint64_t kOnes = 0x0101010101010101;
inline constexpr uint64_t kHighBits = 0x8080808080808080;
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

}  // namespace ashlar::json_walker_internal

namespace ashlar {

// One walk over one text. Functions that return bool return false if this reader does not know the
// text well enough, or it is no JSON: parse_json() is to decide.
//
// Threads: one at a time.
class JsonWalker {
 public:
  // Room for names is not cleared for each document.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  explicit JsonWalker(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  // Whether bytes other than ASCII were met: then the text is still to be checked to be UTF-8.
  bool has_high_bytes() const { return (seen_ & json_walker_internal::kHighBits) != 0; }

 private:
  // The hashes of an object's names, a bit each.
  using NameHashes = std::array<uint64_t, 4>;

 protected:
  bool at_end() const { return at_ == end_; }
  char peek() const { return *at_; }

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
    // Most texts have none.
    if (at_ == end_ || static_cast<unsigned char>(*at_) > ' ') return;
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  // --- Values ---
  // `depth`: of objects and arrays around.
  bool pass_value(int depth) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        ++at_;
        return pass_string();
      case '{':
        return walk_object(depth, [&](std::string_view) { return pass_value(depth + 1); });
      case '[':
        return walk_array(depth, [&] { return pass_value(depth + 1); });
      case 't':
        return take_word("true");
      case 'f':
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return pass_number();
    }
  }

  // Calls member(name) at each member's value, which it has to read.
  template <typename Member>
  bool walk_object(int depth, Member&& member) {
    if (depth == json_walker_internal::kMaximumDepth || !take('{')) return false;
    const std::size_t first = open_names_;
    NameHashes hashes = {};
    pass_blanks();
    if (take('}')) return true;
    do {
      pass_blanks();
      std::string_view name;
      if (!take('"') || !take_plain_string(&name)) return false;
      if (!is_new_name(name, first, hashes)) return false;
      pass_blanks();
      if (!take(':')) return false;
      pass_blanks();
      if (!member(name)) return false;
      pass_blanks();
    } while (take(','));
    open_names_ = first;
    return take('}');
  }

  // Calls element() at each element, which it has to read.
  template <typename Element>
  bool walk_array(int depth, Element&& element) {
    if (depth == json_walker_internal::kMaximumDepth || !take('[')) return false;
    pass_blanks();
    if (take(']')) return true;
    do {
      pass_blanks();
      if (!element()) return false;
      pass_blanks();
    } while (take(','));
    return take(']');
  }

  // --- Strings, behind the first quote ---
  // One without escapes.
  bool take_plain_string(std::string_view* content) {
    const char* const start = at_;
    pass_plain();
    *content = {start, static_cast<std::size_t>(at_ - start)};
    return take('"');
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
  struct NumberText {
    std::string_view text;
    std::size_t digits = 0;   // in front of the point
    bool is_integer = false;  // neither point nor exponent
  };
  bool take_number(NumberText* number) {
    const char* const start = at_;
    take('-');
    const char* const digits = at_;
    pass_digits();
    number->digits = static_cast<std::size_t>(at_ - digits);
    if (number->digits == 0 || (*digits == '0' && number->digits > 1)) return false;
    number->is_integer = at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
    if (!number->is_integer && !pass_fraction()) return false;
    number->text = {start, static_cast<std::size_t>(at_ - start)};
    return true;
  }
  bool pass_number() {
    NumberText number;
    return take_number(&number);
  }

 private:
  struct Name {
    const char* data;
    std::size_t size;
  };

  // False as well if there are too many to tell.
  bool is_new_name(std::string_view name, std::size_t first, NameHashes& hashes) {
    using namespace json_walker_internal;
    if (open_names_ == kMaximumOpenNames || open_names_ - first == kMaximumMembers) return false;
    const unsigned hash = hash_of(name);
    const uint64_t bit = uint64_t{1} << (hash % 64);
    uint64_t& bits = hashes[hash / 64];
    if ((bits & bit) != 0 && was_met(name, first)) [[unlikely]] {
      return false;
    }
    bits |= bit;
    names_[open_names_++] = {name.data(), name.size()};
    return true;
  }

  // Rarely needed: not to be in the way of what is.
  [[gnu::noinline]] bool was_met(std::string_view name, std::size_t first) const {
    for (std::size_t other = first; other < open_names_; ++other) {
      if (std::string_view(names_[other].data, names_[other].size) == name) return true;
    }
    return false;
  }

  // Of eight bits.
  unsigned hash_of(std::string_view name) const {
    constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    // The name's first bytes behind zeros, wherever in the text it stands.
    const std::size_t missing = name.size() < sizeof(uint64_t) ? sizeof(uint64_t) - name.size() : 0;
    uint64_t front = 0;
    if (end_ - name.data() >= static_cast<std::ptrdiff_t>(sizeof front)) [[likely]] {
      std::memcpy(&front, name.data(), sizeof front);
    } else {
      std::memcpy(&front, name.data(), sizeof front - missing);
    }
    front = missing == sizeof front ? 0 : front << (8 * missing);
    // The last byte tells long names with the same front apart.
    const auto last = static_cast<unsigned char>(name.empty() ? '\0' : name.back());
    return static_cast<unsigned>(((front ^ name.size() ^ last) * kMultiplier) >> 56);
  }

  // Goes to the next byte that is no plain character.
  void pass_plain() {
    using namespace json_walker_internal;
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

  void pass_digits() {
    while (at_ != end_ && json_walker_internal::is_digit(*at_)) ++at_;
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
  uint64_t seen_ = 0;  // all bytes of strings, and some behind them
  // Of the members read so far of all open objects.
  Name names_[json_walker_internal::kMaximumOpenNames];
  std::size_t open_names_ = 0;
};

}  // namespace ashlar
