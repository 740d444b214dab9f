// What the Tab key offers in a query command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ashlar::tools {

class Session;

// The words that the command's grammar knows (tools/query_grammar.h), but for those that begin with
// a dash; none if it is no query command.
std::vector<std::string> query_words(std::string_view command);

// What may stand behind `before`, the command's text so far: its words, names of fields as some
// documents with the prefix have them, and names of indexes. The session must be open.
std::vector<std::string> query_candidates(std::string_view command, std::string_view before,
                                          Session& session);

}  // namespace ashlar::tools
