#include "tools/query_completion.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "document/json_text.h"
#include "tools/query_grammar.h"
#include "tools/query_scanner.h"
#include "tools/session.h"

namespace ashlar::tools {

namespace {

// Documents whose members are offered as fields.
constexpr uint64_t kSampledDocuments = 20;

std::vector<std::string> indexes(Session& session) {
  std::vector<std::string> names;
  const auto all = session.db().indexes();
  if (!all.ok()) return {};
  for (const IndexInfo& info : *all) names.push_back(info.name);
  return names;
}

std::set<std::string> fields(std::string_view prefix, Session& session) {
  std::set<std::string> names;
  // Naming a snapshot keeps the look out of an open transaction, where it could cause a conflict.
  const Snapshot now = session.db().snapshot();
  const auto found = session.db().find(prefix, {}, {.limit = kSampledDocuments, .snapshot = &now});
  for (const auto& [key, json] : found) {
    const auto document = parse_json(json);
    if (!document.ok() || !document->is_object()) continue;
    for (const auto& [name, member] : document->as_object()) {
      if (name.find(' ') == std::string::npos) names.insert(name);
    }
  }
  return names;
}

// Where keys' prefix stands among the words: behind "on" for an index.
std::string prefix_of(std::string_view command, const std::vector<std::string>& words) {
  if (command == "index") {
    const auto on = std::ranges::find(words, "on");
    return on == words.end() || std::next(on) == words.end() ? std::string() : *std::next(on);
  }
  const std::size_t at = command == "explain" && !words.empty() && words.front() == "find" ? 1 : 0;
  return at < words.size() ? words[at] : std::string();
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  QueryScanner scanner(text);
  while (scanner.peek().kind != QueryToken::Kind::kEnd) {
    const auto word = scanner.take_shell_word("a word");
    if (!word.ok()) break;
    words.push_back(*word);
  }
  return words;
}

}  // namespace

std::vector<std::string> query_words(std::string_view command) {
  std::vector<std::string> words;
  for (const std::string_view word : clause_words(command)) words.emplace_back(word);
  if (words.empty()) return words;
  if (command == "index") {
    words.insert(words.begin(), {"create", "list", "drop"});
    words.emplace_back("desc");
    return words;
  }
  for (const auto* word : {"and", "or", "not", "in", "contains", "exists"})
    words.emplace_back(word);
  if (command == "explain") words.emplace_back("find");
  if (command == "group") {
    for (const auto* word : {"count", "sum", "avg", "min", "max", "as"}) words.emplace_back(word);
  } else if (command != "count" && command != "distinct") {
    words.emplace_back("by");
    words.emplace_back("desc");
  }
  return words;
}

std::vector<std::string> query_candidates(std::string_view command, std::string_view before,
                                          Session& session) {
  const std::vector<std::string> words = words_of(before);
  const std::string last = words.empty() ? std::string() : words.back();
  if (command == "index") {
    if (words.empty()) return {"create", "list", "drop"};
    if (last == "drop") return indexes(session);
    if (words.front() != "create" || words.size() == 1) return {};
  }
  if (last == "plan") return {"scan", "index", "intersect", "union"};
  const bool in_plan = words.size() > 1 && words[words.size() - 2] == "plan";
  if (in_plan && last != "scan" && last != "union") return indexes(session);
  std::vector<std::string> candidates = query_words(command);
  std::ranges::copy(fields(prefix_of(command, words), session), std::back_inserter(candidates));
  std::ranges::sort(candidates);
  const auto repeated = std::ranges::unique(candidates);
  candidates.erase(repeated.begin(), repeated.end());
  return candidates;
}

}  // namespace ashlar::tools
