#include "index/collation.h"

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <utility>

#include "document/utf8.h"

namespace ashlar {
namespace {

Status failed(const std::string& locale, UErrorCode error) {
  return Status::invalid_argument("collation '" + locale + "': " + u_errorName(error));
}

std::u16string to_utf16(std::string_view text) {
  // Never more units than bytes.
  std::u16string units(text.size(), u'\0');
  int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  constexpr UChar32 kReplacement = 0xfffd;
  u_strFromUTF8WithSub(units.data(), static_cast<int32_t>(units.size()), &length, text.data(),
                       static_cast<int32_t>(text.size()), kReplacement, nullptr, &error);
  units.resize(static_cast<std::size_t>(length));
  return units;
}

// Each byte as the character of that number: the order of bytes is kept.
std::string to_text(const std::string& bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) append_utf8(static_cast<unsigned char>(byte), &text);
  return text;
}

std::string version_of(const UCollator* collator) {
  UVersionInfo version;
  char text[U_MAX_VERSION_STRING_LENGTH];
  ucol_getVersion(collator, version);
  u_versionToString(version, text);
  return text;
}

}  // namespace

struct Collation::Rules {
  explicit Rules(UCollator* opened) : collator(opened) {}
  ~Rules() { ucol_close(collator); }
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  UCollator* const collator;
};

Collation::Collation(std::unique_ptr<const Rules> rules, std::string version)
    : rules_(std::move(rules)), version_(std::move(version)) {}

Collation::~Collation() = default;

Result<std::shared_ptr<const Collation>> Collation::open(const std::string& locale) {
  UErrorCode error = U_ZERO_ERROR;
  char id[ULOC_FULLNAME_CAPACITY];
  int32_t parsed = 0;
  uloc_forLanguageTag(locale.c_str(), id, sizeof(id), &parsed, &error);
  if (U_FAILURE(error)) return failed(locale, error);
  if (parsed != static_cast<int32_t>(locale.size())) {
    return Status::invalid_argument("collation '" + locale + "' is no language tag from byte " +
                                    std::to_string(parsed) + " on");
  }
  UCollator* const opened = ucol_open(id, &error);
  if (U_FAILURE(error)) return failed(locale, error);
  auto rules = std::make_unique<const Rules>(opened);
  // ICU falls back to its root rules for languages that it does not know.
  if (error == U_USING_DEFAULT_WARNING && !locale.starts_with("root") &&
      !locale.starts_with("und")) {
    UErrorCode named = U_ZERO_ERROR;
    char language[ULOC_LANG_CAPACITY];
    uloc_getLanguage(id, language, sizeof(language), &named);
    if (std::string_view(uloc_getISO3Language(id)).empty()) {
      return Status::invalid_argument("collation '" + locale + "': ICU knows no language '" +
                                      language + "'");
    }
  }
  std::string version = version_of(opened);
  return std::shared_ptr<const Collation>(new Collation(std::move(rules), std::move(version)));
}

std::string Collation::sort_key(std::string_view text) const {
  const std::u16string units = to_utf16(text);
  const auto length = static_cast<int32_t>(units.size());
  std::string key(units.size() * 3 + 16, '\0');
  auto* const bytes = reinterpret_cast<uint8_t*>(key.data());
  int32_t needed = ucol_getSortKey(rules_->collator, units.data(), length, bytes,
                                   static_cast<int32_t>(key.size()));
  if (needed > static_cast<int32_t>(key.size())) {
    key.resize(static_cast<std::size_t>(needed));
    needed = ucol_getSortKey(rules_->collator, units.data(), length,
                             reinterpret_cast<uint8_t*>(key.data()), needed);
  }
  // Without the zero byte at its end.
  key.resize(needed > 0 ? static_cast<std::size_t>(needed) - 1 : 0);
  return to_text(key);
}

}  // namespace ashlar
