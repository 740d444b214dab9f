#include "base/mutants.h"

#if ASHLAR_MUTANTS

#include <cstdlib>

namespace ashlar {

bool mutant_is_on(std::string_view name) {
  static const char* const chosen = std::getenv("ASHLAR_MUTANT");
  return chosen != nullptr && name == chosen;
}

}  // namespace ashlar

#endif
