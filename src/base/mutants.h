// Planted bugs, which show that the tests find such bugs.
//
//   if (!ASHLAR_MUTANT("ranges-not-validated")) ASHLAR_TRY(validate_ranges());
//
// In ordinary builds a planted bug is the constant false. In a build with the CMake option
// ASHLAR_MUTANTS the environment variable ASHLAR_MUTANT names the one that is switched on;
// scripts/mutants tries them all, each with the test that has to fail.
#pragma once

#if ASHLAR_MUTANTS

#include <string_view>

namespace ashlar {

bool mutant_is_on(std::string_view name);

}  // namespace ashlar

#define ASHLAR_MUTANT(name) (::ashlar::mutant_is_on(name))

#else

#define ASHLAR_MUTANT(name) false

#endif
