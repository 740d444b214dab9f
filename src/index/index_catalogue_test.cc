#include "index/index_catalogue.h"

#include <gtest/gtest.h>

#include <chrono>

#include "index/index_test_support.h"

namespace ashlar {
namespace {

using namespace std::chrono_literals;

class IndexCatalogueTest : public IndexTest {};

TEST_F(IndexCatalogueTest, EntersWhatIsThereAndWhatComes) {
  must(set("user:1", R"({"age":30})"));
  must(set("user:2", "no JSON"));
  must(set("other", R"({"age":1})"));
  must(catalogue_->create("by_age", {.prefix = "user:", .fields = {"$.age"}}));
  EXPECT_EQ(entries("by_age"), Lines{"(30) user:1"});
  must(set("user:2", R"({"age":25})"));
  must(set("user:3", R"({"age":35})"));
  EXPECT_EQ(entries("by_age"), (Lines{"(25) user:2", "(30) user:1", "(35) user:3"}));
  EXPECT_EQ(entries("by_age", true), (Lines{"(35) user:3", "(30) user:1", "(25) user:2"}));
  must(set("user:1", R"({"age":20})"));
  must(del("user:3"));
  must(set("user:2", "no JSON any more"));
  EXPECT_EQ(entries("by_age"), Lines{"(20) user:1"});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, EntriesAreReadyAfterOpening) {
  must(catalogue_->create("by_age", {.fields = {"$.age"}}));
  must(set("user:1", R"({"age":30})"));
  close();
  open();
  EXPECT_EQ(info("by_age").state, IndexState::kReady);
  EXPECT_EQ(entries("by_age"), Lines{"(30) user:1"});
  must(set("user:1", R"({"age":31})"));
  EXPECT_EQ(entries("by_age"), Lines{"(31) user:1"});
}

TEST_F(IndexCatalogueTest, TransactionsSeeTheirOwnEntriesAndSavepointsTakeThemBack) {
  must(catalogue_->create("by_age", {.fields = {"$.age"}}));
  must(set("a", R"({"age":1})"));
  TransactionState state(*engine_, {}, catalogue_.get());
  must(state.set("b", R"({"age":2})", 0ms));
  must(state.savepoint("s"));
  must(state.set("a", R"({"age":3})", 0ms));
  must(state.del("b"));
  TransactionMoment moment(state);
  EXPECT_EQ(entries("by_age", moment, {}), Lines{"(3) a"});
  must(state.rollback_to("s"));
  EXPECT_EQ(entries("by_age", moment, {}), (Lines{"(1) a", "(2) b"}));
  must(state.del_range("", kSystemKeysBegin));
  must(state.set("c", R"({"age":9})", 0ms));
  EXPECT_EQ(entries("by_age", moment, {}), Lines{"(9) c"});
  EXPECT_EQ(entries("by_age"), Lines{"(1) a"});
  must(state.commit());
  EXPECT_EQ(entries("by_age"), Lines{"(9) c"});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, RangeDeletionsTakeTheEntriesAlong) {
  must(catalogue_->create("by_n", {.prefix = "d:", .fields = {"$.n"}}));
  const auto fill = [&] {
    for (int i = 0; i < 6; ++i) {
      must(set("d:" + std::to_string(i), R"({"n":)" + std::to_string(i) + "}"));
    }
  };
  const auto del_range = [&](std::string from, std::string to) {
    must(transact([&](Transaction& tx) { return tx.del_range(from, to); }));
  };
  fill();
  del_range("d:1", "d:5");
  EXPECT_EQ(entries("by_n"), (Lines{"(0) d:0", "(5) d:5"}));
  EXPECT_EQ(problems(), Lines{});
  fill();
  del_range("c", "d:3");
  EXPECT_EQ(entries("by_n"), (Lines{"(3) d:3", "(4) d:4", "(5) d:5"}));
  fill();
  del_range("d:", "d;");
  EXPECT_EQ(entries("by_n"), Lines{});
  fill();
  del_range("", "");
  EXPECT_EQ(entries("by_n"), Lines{});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, EntriesExpireWithTheirDocument) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}, .unique = true}));
  must(set("a", R"({"n":1})", 1000ms));
  EXPECT_EQ(entries("by_n"), Lines{"(1) a"});
  env_.advance(999ms);
  EXPECT_EQ(entries("by_n"), Lines{"(1) a"});
  env_.advance(1ms);
  EXPECT_EQ(entries("by_n"), Lines{});
  EXPECT_EQ(problems(), Lines{});
  must(set("b", R"({"n":1})"));  // the value is free again
  must(set("a", R"({"n":2})"));
  EXPECT_EQ(entries("by_n"), (Lines{"(1) b", "(2) a"}));
  // The same values, but another end.
  must(set("a", R"({"n":2})", 1000ms));
  EXPECT_EQ(problems(), Lines{});
  must(transact([](Transaction& tx) { return tx.persist("a"); }));
  env_.advance(2s);
  EXPECT_EQ(entries("by_n"), (Lines{"(1) b", "(2) a"}));
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, UniqueRefusesTheSecondAndNamesBoth) {
  must(catalogue_->create("by_mail", {.prefix = "u", .fields = {"$.mail"}, .unique = true}));
  must(set("u1", R"({"mail":"a@x"})"));
  const Status refused = set("u2", R"({"mail":"a@x"})");
  EXPECT_TRUE(refused.is(StatusCode::kDuplicate)) << refused.to_string();
  for (const char* const part : {"'by_mail'", R"("a@x")", "'u1'", "'u2'"}) {
    EXPECT_NE(refused.message().find(part), std::string::npos) << refused.to_string();
  }
  must(set("u1", R"({"mail":"a@x","name":"same mail"})"));
  must(set("u3", R"({"mail":null})"));
  must(set("u4", "{}"));
  must(set("u5", "{}"));
  must(transact([](Transaction& tx) {
    const Status moved = tx.del("u1");
    return moved.ok() ? tx.set("u2", R"({"mail":"a@x"})") : moved;
  }));
  EXPECT_EQ(entries("by_mail"), (Lines{"(null) u3", "(null) u4", "(null) u5", R"(("a@x") u2)"}));
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, ARefusedWriteLeavesNothingBehindInItsTransaction) {
  must(catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true}));
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  must(set("a", R"({"m":1,"n":1})"));
  must(set("b", R"({"m":2,"n":2})"));
  Transaction tx = begin();
  EXPECT_TRUE(tx.set("b", R"({"m":1,"n":3})").is(StatusCode::kDuplicate));
  must(tx.set("c", R"({"m":3,"n":3})"));
  must(tx.commit());
  EXPECT_EQ(entries("by_m"), (Lines{"(1) a", "(2) b", "(3) c"}));
  EXPECT_EQ(entries("by_n"), (Lines{"(1) a", "(2) b", "(3) c"}));
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, TwoTransactionsWithOneUniqueValueMeet) {
  must(catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true}));
  for (const Isolation isolation : {Isolation::kSerializable, Isolation::kSnapshot}) {
    must(transact([](Transaction& tx) { return tx.del_range("", ""); }));
    Transaction first = begin({.isolation = isolation});
    Transaction second = begin({.isolation = isolation});
    must(first.set("a", R"({"m":1})"));
    must(second.set("b", R"({"m":1})"));
    must(first.commit());
    EXPECT_TRUE(second.commit().is(StatusCode::kConflict));
    EXPECT_EQ(entries("by_m"), Lines{"(1) a"});
  }
}

TEST_F(IndexCatalogueTest, AUniqueIndexOverDuplicatesFails) {
  must(set("a", R"({"m":1})"));
  must(set("b", R"({"m":1})"));
  const std::size_t before = system_keys();
  const Status failed = catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true});
  EXPECT_TRUE(failed.is(StatusCode::kDuplicate)) << failed.to_string();
  const IndexInfo failure = info("by_m");
  EXPECT_EQ(failure.state, IndexState::kFailed);
  EXPECT_EQ(failure.message, failed.message());
  EXPECT_EQ(entries("by_m"), Lines{});
  must(set("c", R"({"m":1})"));  // not kept up any more
  EXPECT_EQ(problems(), Lines{});
  close();
  open();
  EXPECT_EQ(info("by_m").state, IndexState::kFailed);
  must(catalogue_->drop("by_m"));
  EXPECT_EQ(system_keys(), before);
}

TEST_F(IndexCatalogueTest, DuplicatesAreFoundHoweverFarApartTheyLie) {
  for (int i = 0; i < 3000; ++i) {
    must(set("k" + std::to_string(1000 + i), R"({"m":)" + std::to_string(i % 2999) + "}"));
  }
  const Status failed = catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true});
  EXPECT_TRUE(failed.is(StatusCode::kDuplicate)) << failed.to_string();
  EXPECT_NE(failed.message().find("'k1000'"), std::string::npos) << failed.to_string();
  EXPECT_NE(failed.message().find("'k3999'"), std::string::npos) << failed.to_string();
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, AFailureIsKeptWhateverBytesTheKeysHave) {
  must(set("\xfe\xff", R"({"m":1})"));
  must(set("\xfe" + std::string(300, '\x80'), R"({"m":1})"));
  EXPECT_TRUE(
      catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true}).is(StatusCode::kDuplicate));
  close();
  open();
  EXPECT_NE(info("by_m").message.find("\\xfe\\xff"), std::string::npos) << info("by_m").message;
}

TEST_F(IndexCatalogueTest, AnIndexIsBuiltAnew) {
  must(set("a", R"({"m":1})"));
  must(set("b", R"({"m":1})"));
  EXPECT_FALSE(catalogue_->create("by_m", {.fields = {"$.m"}, .unique = true}).ok());
  EXPECT_TRUE(catalogue_->rebuild("by_m").is(StatusCode::kDuplicate));
  must(set("b", R"({"m":2})"));
  must(catalogue_->rebuild("by_m"));
  EXPECT_EQ(entries("by_m"), (Lines{"(1) a", "(2) b"}));
  EXPECT_EQ(info("by_m").message, "");

  Commit commit;  // damage
  commit.set_rules(engine_->write_rules());
  commit.del("a");
  must(engine_->write(&commit, {}));
  EXPECT_EQ(problems().size(), 1u);
  must(catalogue_->rebuild("by_m"));
  EXPECT_EQ(entries("by_m"), Lines{"(2) b"});
  EXPECT_EQ(problems(), Lines{});
  EXPECT_TRUE(catalogue_->rebuild("none").is(StatusCode::kNotFound));
}

TEST_F(IndexCatalogueTest, DroppingLeavesNothing) {
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  must(set("a", R"({"n":[1,2]})"));
  EXPECT_EQ(system_keys(), 5u);  // definition, trait, three entries
  must(catalogue_->drop("by_n"));
  EXPECT_EQ(system_keys(), 0u);
  EXPECT_EQ(engine_->write_rules() % 2, 0u);
  EXPECT_TRUE(catalogue_->drop("by_n").is(StatusCode::kNotFound));
  must(set("a", R"({"n":3})"));
  EXPECT_EQ(system_keys(), 0u);
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  EXPECT_EQ(entries("by_n"), Lines{"(3) a"});
  EXPECT_TRUE(catalogue_->create("by_n", {.fields = {"$.m"}}).is(StatusCode::kInvalidArgument));
}

TEST_F(IndexCatalogueTest, AnIndexIsUsedOnceCompleteAndByLaterMomentsOnly) {
  for (int i = 0; i < 600; ++i) must(set("k" + std::to_string(i), R"({"n":1})"));
  const Snapshot before = engine_->take_snapshot();
  must(catalogue_->create("by_n", {.fields = {"$.n"}, .wait = false}));
  EXPECT_EQ(info("by_n").state, IndexState::kBuilding);
  EXPECT_TRUE(catalogue_->set().usable_at(engine_->take_snapshot().sequence()).empty());
  run_background();
  EXPECT_EQ(info("by_n").state, IndexState::kReady);
  EXPECT_TRUE(catalogue_->set().usable_at(before.sequence()).empty());
  EXPECT_EQ(catalogue_->set().usable_at(engine_->take_snapshot().sequence()).size(), 1u);
  EXPECT_EQ(entries("by_n").size(), 600u);
}

TEST_F(IndexCatalogueTest, BuildingShowsProgressAndGoesOnAfterARestart) {
  for (int i = 0; i < 1000; ++i) must(set("k" + std::to_string(i), R"({"n":1})"));
  must(catalogue_->create("by_n", {.fields = {"$.n"}, .wait = false}));
  for (int i = 0; i < 6; ++i) env_.run_background(1);
  const IndexInfo half = info("by_n");
  EXPECT_EQ(half.state, IndexState::kBuilding);
  EXPECT_GT(half.documents_done, 0u);
  EXPECT_LT(half.documents_done, 1000u);
  EXPECT_EQ(half.documents_total, 1000u);
  EXPECT_EQ(problems(), Lines{});
  close();
  open();
  EXPECT_EQ(info("by_n").documents_done, half.documents_done);
  must(set("k5", R"({"n":2})"));
  must(set("k999", R"({"n":3})"));
  must(del("k500"));
  run_background();
  EXPECT_EQ(info("by_n").state, IndexState::kReady);
  EXPECT_EQ(entries("by_n").size(), 999u);
  EXPECT_EQ(problems(), Lines{});
}

// Documents change before and behind the place that the walk has come to.
TEST_F(IndexCatalogueTest, WritesBetweenTheChunksAreNotLost) {
  for (const bool unique : {false, true}) {
    for (int i = 0; i < 3000; ++i) {
      must(set("k" + std::to_string(1000 + i), R"({"n":)" + std::to_string(i) + "}"));
    }
    must(catalogue_->create("by_n", {.fields = {"$.n"}, .unique = unique, .wait = false}));
    int steps = 0;
    while (info("by_n").state == IndexState::kBuilding && steps < 10'000) {
      env_.run_background(1);
      env_.advance(std::chrono::milliseconds(1));  // after a conflict
      if (++steps > 40) continue;
      const int at = steps * 61 % 3000;
      must(set("k" + std::to_string(1000 + at), R"({"n":)" + std::to_string(10'000 + steps) + "}"));
      must(del("k" + std::to_string(1000 + (at + 1500) % 3000)));
      must(set("k" + std::to_string(5000 + steps), R"({"n":)" + std::to_string(-steps) + "}"));
    }
    EXPECT_GT(steps, 5);
    EXPECT_EQ(info("by_n").state, IndexState::kReady);
    EXPECT_EQ(problems(), Lines{});
    must(catalogue_->drop("by_n"));
  }
}

TEST_F(IndexCatalogueTest, AnIndexIsDroppedWhileItIsBuilt) {
  for (int i = 0; i < 1000; ++i) must(set("k" + std::to_string(i), R"({"n":1})"));
  must(catalogue_->create("by_n", {.fields = {"$.n"}, .wait = false}));
  env_.run_background(3);
  must(catalogue_->drop("by_n"));
  run_background();
  EXPECT_EQ(system_keys(), 0u);
}

TEST_F(IndexCatalogueTest, ATransactionThatWroteBeforeAChangeIsRunAgain) {
  Transaction tx = begin();
  must(tx.set("a", R"({"n":1})"));
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  EXPECT_TRUE(tx.commit().is(StatusCode::kConflict));
  must(set("a", R"({"n":1})"));

  Transaction other = begin();
  must(other.set("b", R"({"n":2})"));
  must(catalogue_->drop("by_n"));
  EXPECT_TRUE(other.commit().is(StatusCode::kConflict));
  EXPECT_EQ(system_keys(), 0u);

  // One that has only read goes on.
  Transaction reader = begin();
  must(reader.exists("a").status());
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  must(reader.set("b", R"({"n":2})"));
  must(reader.commit());
  EXPECT_EQ(entries("by_n"), (Lines{"(1) a", "(2) b"}));
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, AWriterWithAnOldMomentMeetsTheBuilder) {
  must(set("a", R"({"n":1})"));
  for (const Isolation isolation : {Isolation::kSerializable, Isolation::kSnapshot}) {
    for (const bool unique : {false, true}) {
      Transaction old = begin({.isolation = isolation});
      must(catalogue_->create("by_n", {.fields = {"$.n"}, .unique = unique}));
      must(old.set("a", R"({"n":2})"));
      if (Status done = old.commit(); !done.ok()) {
        EXPECT_TRUE(done.is(StatusCode::kConflict));
        must(set("a", R"({"n":2})"));
      }
      EXPECT_EQ(entries("by_n"), Lines{"(2) a"});
      EXPECT_EQ(problems(), Lines{});
      must(catalogue_->drop("by_n"));
      must(set("a", R"({"n":1})"));
    }
  }
}

TEST_F(IndexCatalogueTest, EveryDocumentAndPrefixMayBeIndexedTwice) {
  must(catalogue_->create("a", {.fields = {"$.n"}}));
  must(catalogue_->create("b", {.prefix = "x", .fields = {descending("$.n"), "$.m"}}));
  must(catalogue_->create("c", {.prefix = "xy", .fields = {"$.m"}, .sparse = true}));
  must(set("x1", R"({"n":1})"));
  must(set("xy2", R"({"n":2,"m":"q"})"));
  EXPECT_EQ(entries("a"), (Lines{"(1) x1", "(2) xy2"}));
  EXPECT_EQ(entries("b"), (Lines{R"((2, "q") xy2)", "(1, null) x1"}));
  EXPECT_EQ(entries("c"), Lines{R"(("q") xy2)"});
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, ADocumentBeyondTheLimitsIsRefusedOrFailsTheBuilding) {
  const std::string long_text = R"({"n":")" + std::string(100'000, 'x') + "\"}";
  must(set("a", long_text));
  EXPECT_TRUE(catalogue_->create("by_n", {.fields = {"$.n"}}).is(StatusCode::kTooLarge));
  EXPECT_EQ(info("by_n").state, IndexState::kFailed);
  must(catalogue_->drop("by_n"));
  must(del("a"));
  must(catalogue_->create("by_n", {.fields = {"$.n"}}));
  EXPECT_TRUE(set("a", long_text).is(StatusCode::kTooLarge));
}

TEST_F(IndexCatalogueTest, AnIndexWithSortKeysOfAnotherVersionIsBuiltAnew) {
  must(set("a", R"({"n":"x"})"));
  must(catalogue_->create("by_n", {.fields = {"$.n"}, .collation = "de"}));
  IndexDefinition definition = index("by_n")->definition();
  definition.state = IndexState::kReady;
  definition.collation_version = "0.0";
  const std::string key = definition_key(definition.id);
  const std::string text = definition.to_text();
  Commit commit;
  commit.set_rules(engine_->write_rules());
  commit.set(key, text, 0, false);
  must(engine_->write(&commit, {}));
  close();
  open();
  EXPECT_EQ(info("by_n").state, IndexState::kBuilding);
  run_background();
  EXPECT_EQ(info("by_n").state, IndexState::kReady);
  EXPECT_EQ(entries("by_n").size(), 1u);
  EXPECT_EQ(problems(), Lines{});
}

TEST_F(IndexCatalogueTest, AnUnreadableDefinitionIsAnErrorOfOpening) {
  close();
  open();
  Commit commit;
  const std::string key = definition_key(3);
  commit.set(key, "{}", 0, false);
  must(engine_->write(&commit, {}));
  catalogue_.reset();
  EXPECT_TRUE(IndexCatalogue::open(*engine_).status().is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
