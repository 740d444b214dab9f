// Statistics for a person.
#pragma once

#include <string>

#include "ashlar/statistics.h"

namespace ashlar::tools {

std::string statistics_table(const Statistics& statistics);

}  // namespace ashlar::tools
