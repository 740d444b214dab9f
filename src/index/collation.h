// Strings ordered by the rules of a language (ICU).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar {

// Threads: any.
class Collation {
 public:
  // `locale` as ICU takes it: "de", "en-u-ks-level1".
  //   kInvalidArgument  ICU has no rules for it.
  static Result<std::shared_ptr<const Collation>> open(const std::string& locale);
  ~Collation();

  // Text (UTF-8, whatever it may look like) whose bytes sort as the strings do by the rules, and
  // are equal if the rules say that the strings are.
  std::string sort_key(std::string_view text) const;

  // Sort keys of different versions must not be compared.
  const std::string& version() const { return version_; }

 private:
  struct Rules;
  Collation(std::unique_ptr<const Rules> rules, std::string version);

  const std::unique_ptr<const Rules> rules_;
  const std::string version_;
};

}  // namespace ashlar
