#include "tools/completion.h"

#include <algorithm>
#include <iterator>

#include "tools/command.h"
#include "tools/query_completion.h"
#include "tools/session.h"
#include "tools/words.h"

namespace ashlar::tools {

namespace {

// More keys than a person wants to look through.
constexpr uint64_t kMaximumChoices = 100;

// Where the last word of `line` begins; a blank behind a backslash belongs to a word.
std::size_t last_word_at(std::string_view line) {
  for (std::size_t at = line.size(); at > 0; --at) {
    const bool escaped = at >= 2 && line[at - 2] == '\\';
    if (line[at - 1] == ' ' && !escaped) return at;
  }
  return 0;
}

std::vector<std::string> commands() {
  std::vector<std::string> names;
  for (const Command& command : all_commands()) names.emplace_back(command.name);
  return names;
}

std::vector<std::string> options_of(const Command& command) {
  std::vector<std::string> names;
  for (const auto* options : {&command.options, &common_options()}) {
    for (const CommandOption& option : *options) names.emplace_back(option.name);
  }
  return names;
}

std::vector<std::string> keys_with(std::string_view typed, Session& session) {
  const auto words = split_words(typed);
  if (!words.ok() || words->size() > 1) return {};
  const std::string prefix = words->empty() ? std::string() : words->front();
  std::vector<std::string> keys;
  // Naming a snapshot keeps the look out of an open transaction, where it could cause a conflict.
  const Snapshot now = session.db().snapshot();
  const auto found = session.db().keys(prefix, {.limit = kMaximumChoices, .snapshot = &now});
  for (const std::string_view key : found) keys.push_back(quote_word(key));
  return keys;
}

std::vector<std::string> candidates(std::string_view line, std::string_view word,
                                    Session& session) {
  const std::size_t first = line.find_first_not_of(' ');
  if (first == std::string_view::npos || word.data() == line.data() + first) return commands();
  const std::string_view rest = line.substr(first);
  const Command* command = find_command(rest.substr(0, rest.find(' ')));
  if (command == nullptr) return {};
  if (command->name == "help") return commands();
  if (word.starts_with("--")) return options_of(*command);
  if (!session.is_open()) return {};
  std::vector<std::string> choices;
  const auto text_begin =
      static_cast<std::size_t>(rest.data() - line.data()) + command->name.size();
  const std::string_view before = line.substr(text_begin, line.size() - word.size() - text_begin);
  if (command->takes_text) choices = query_candidates(command->name, before, session);
  const bool is_prefix = !command->takes_text || before.find_first_not_of(' ') == before.npos;
  if (command->completes_keys && is_prefix) {
    std::ranges::copy(keys_with(word, session), std::back_inserter(choices));
  }
  return choices;
}

std::string common_prefix(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto end = std::ranges::mismatch(common, word).in1;
    common.erase(end, common.end());
  }
  return common;
}

}  // namespace

Completion complete(std::string_view line, Session& session) {
  const std::string_view word = line.substr(last_word_at(line));
  std::vector<std::string> choices = candidates(line, word, session);
  std::erase_if(choices, [&](const std::string& choice) { return !choice.starts_with(word); });
  if (choices.empty()) return {};
  Completion completion;
  completion.insert = common_prefix(choices).substr(word.size());
  if (choices.size() == 1) {
    completion.insert += ' ';
  } else if (completion.insert.empty()) {
    completion.choices = std::move(choices);
  }
  return completion;
}

}  // namespace ashlar::tools
