// Reads of a JSON text only what is asked about, in one pass over its bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/json_path.h"
#include "document/json_value.h"

namespace ashlar {

// The parts of documents that paths lead to.
//
// Threads: as a plain value.
class WantedParts {
 public:
  // What is wanted of the value with a name.
  struct Node {
    std::string name;    // of the root: none
    bool whole = false;  // all of the value
    std::vector<Node> members;

    const Node* find(std::string_view member_name) const;
  };

  // An empty path means the whole document.
  void add(const SingularPath& path);

  const Node& root() const { return root_; }

 private:
  Node root_;
};

// Makes of the document in `text` what is on the wanted paths: every path that was added finds the
// same in `*document` as in the whole document. Room that `*document` has is used again.
//
// False if that was not to be had: the text is no object, or no JSON, or one that this reader does
// not know well enough (names with escapes, deep or wide objects, say). Then parse_json() decides,
// and `*document` may be anything. Where it returns true, parse_json() accepts the text.
bool read_parts(std::string_view text, const WantedParts& wanted, JsonValue* document);

}  // namespace ashlar
