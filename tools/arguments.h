// The words behind a command's name, sorted into arguments and options.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"

namespace ashlar::tools {

struct CommandOption {
  std::string_view name;   // "--limit"
  std::string_view value;  // what follows it: "N"; empty for a switch
  std::string_view help;
};

// `words` in order. Options may stand anywhere, as "--limit 5" or "--limit=5"; behind a word "--"
// everything is an argument.
class Arguments {
 public:
  // kInvalidArgument for an option that is not in `known`, or lacks its value.
  static Result<Arguments> parse(const std::vector<std::string>& words,
                                 const std::vector<CommandOption>& known);

  // A text that is an argument as a whole (tools/query_scanner.h), with options among its words; it
  // has no arguments if it is blank.
  static Result<Arguments> parse_text(std::string_view text,
                                      const std::vector<CommandOption>& known);

  std::size_t size() const { return words_.size(); }
  const std::string& operator[](std::size_t index) const { return words_[index]; }
  const std::vector<std::string>& words() const { return words_; }

  bool has(std::string_view option) const { return options_.contains(option); }
  // Empty if the option was not given.
  std::string_view value(std::string_view option) const;
  // `otherwise` if the option was not given; kInvalidArgument if its value is no whole number.
  Result<uint64_t> count(std::string_view option, uint64_t otherwise) const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string, std::less<>> options_;
};

}  // namespace ashlar::tools
