// Passing errors up in one word.
#pragma once

#include <utility>

#include "ashlar/result.h"

// Returns the Status of `expression` from the enclosing function unless it is ok.
#define ASHLAR_TRY(expression)                                        \
  do {                                                                \
    if (::ashlar::Status try_status = (expression); !try_status.ok()) \
      [[unlikely]] return try_status;                                 \
  } while (false)

#define ASHLAR_TRY_JOIN2(a, b) a##b
#define ASHLAR_TRY_JOIN(a, b) ASHLAR_TRY_JOIN2(a, b)

// Declares or assigns `target` from the Result `expression`, or returns its Status.
#define ASHLAR_TRY_ASSIGN(target, expression) \
  ASHLAR_TRY_ASSIGN_NAMED(ASHLAR_TRY_JOIN(try_result_, __LINE__), target, expression)
#define ASHLAR_TRY_ASSIGN_NAMED(name, target, expression) \
  auto name = (expression);                               \
  if (!name.ok()) [[unlikely]]                            \
    return std::move(name).status();                      \
  target = std::move(name).value()
