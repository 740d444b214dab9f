#include "tools/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/query_scanner.h"
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

Result<Arguments> Arguments::parse_text(std::string_view text,
                                        const std::vector<CommandOption>& known) {
  std::vector<std::string> words;
  std::string rest;
  std::size_t kept = 0;
  QueryScanner scanner(text);
  while (scanner.peek().kind != QueryToken::Kind::kEnd) {
    const QueryToken token = scanner.take();
    if (token.kind != QueryToken::Kind::kWord || !token.text.starts_with("--")) continue;
    rest.append(text.substr(kept, token.at - kept));
    kept = token.end();
    words.emplace_back(token.text);
    const auto option = std::ranges::find(known, token.text, &CommandOption::name);
    if (option == known.end() || option->value.empty()) continue;
    kept = scanner.peek().end();
    const QueryToken value = scanner.take();
    if (value.kind == QueryToken::Kind::kEnd) return parse(words, known);
    words.emplace_back(value.text);
  }
  rest.append(text.substr(kept));
  const std::size_t first = rest.find_first_not_of(" \t\r\n");
  if (first != std::string::npos) {
    const std::size_t last = rest.find_last_not_of(" \t\r\n");
    words.emplace_back("--");
    words.push_back(rest.substr(first, last - first + 1));
  }
  return parse(words, known);
}

std::string_view Arguments::value(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::string_view() : found->second;
}

Result<uint64_t> Arguments::count(std::string_view option, uint64_t otherwise) const {
  return has(option) ? parse_count(value(option)) : Result<uint64_t>(otherwise);
}

}  // namespace ashlar::tools
