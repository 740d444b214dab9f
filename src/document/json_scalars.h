// Where the single values of a JSON text are, without values being made of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/json_path.h"

namespace ashlar {

// A value that is no array and no object, as a text spells it.
struct ScalarText {
  enum class Kind : unsigned char { kMissing, kNull, kFalse, kTrue, kNumber, kString };

  Kind kind = Kind::kMissing;
  std::string_view text;  // of a number, its spelling; of a string, its content
};

// The paths whose values are looked for.
//
// Threads: as a plain value.
class WantedScalars {
 public:
  // What is wanted of the value with a name.
  struct Node {
    std::string name;                  // of the root: none
    std::optional<std::size_t> place;  // of the value itself
    std::vector<Node> members;

    const Node* find(std::string_view member_name) const;
  };

  // Where read_scalars() puts the value at the path. Equal paths have one place.
  std::size_t add(const SingularPath& path);

  std::size_t places() const { return places_; }
  const Node& root() const { return root_; }

 private:
  Node root_;
  std::size_t places_ = 0;
};

// Fills found[0 … wanted.places()) with what the paths find in the document in `text`; kMissing
// where they find nothing. The views point into `text`.
//
// False if that was not to be had: there is an array on the way of a path, an array or object at
// its end, or the text is one that read_parts() would leave to parse_json(), too. Then `found` may
// be anything.
bool read_scalars(std::string_view text, const WantedScalars& wanted, ScalarText* found);

// Appends the order key (json_order.h) of a scalar that read_scalars() found; that of null for a
// missing one.
void append_order_key(const ScalarText& scalar, bool descending, std::string* out);

}  // namespace ashlar
