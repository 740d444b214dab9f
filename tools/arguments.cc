#include "tools/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/units.h"

namespace ashlar::tools {

Result<Arguments> Arguments::parse(const std::vector<std::string>& words,
                                   const std::vector<CommandOption>& known) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      arguments.words_.push_back(word);
      continue;
    }
    if (word == "--") {
      arguments.words_.insert(arguments.words_.end(), words.begin() + static_cast<long>(i) + 1,
                              words.end());
      break;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option = std::ranges::find(known, name, &CommandOption::name);
    if (option == known.end()) {
      return Status::invalid_argument(fmt::format(
          "unknown option {} (write -- before arguments that begin with dashes)", name));
    }
    std::string value;
    if (option->value.empty()) {
      if (equals != std::string::npos) {
        return Status::invalid_argument(fmt::format("option {} takes no value", name));
      }
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (++i < words.size()) {
      value = words[i];
    } else {
      return Status::invalid_argument(fmt::format("option {} needs {}", name, option->value));
    }
    arguments.options_.insert_or_assign(name, value);
  }
  return arguments;
}

std::string_view Arguments::value(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::string_view() : found->second;
}

Result<uint64_t> Arguments::count(std::string_view option, uint64_t otherwise) const {
  return has(option) ? parse_count(value(option)) : Result<uint64_t>(otherwise);
}

}  // namespace ashlar::tools
