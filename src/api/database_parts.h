// What an open database is made of.
#pragma once

#include <memory>
#include <utility>

#include "api/thread_transactions.h"
#include "api/write_path.h"
#include "ashlar/database.h"
#include "db/engine.h"
#include "index/index_catalogue.h"

namespace ashlar {

// In the order in which they depend on one another: transactions go first at the end.
struct Database::Parts {
  explicit Parts(std::unique_ptr<Engine> opened) : engine(std::move(opened)) {}

  WritePath write_path() { return WritePath(*engine, *indexes); }

  std::unique_ptr<Engine> engine;
  std::unique_ptr<IndexCatalogue> indexes;
  ThreadTransactions bound;
};

}  // namespace ashlar
