# Transactions: anomalies by name, histories of many threads, and the judge of those.
target_sources(ashlar_test_support PRIVATE support/history_checker.cc)

ashlar_test(history_checker)
ashlar_test(isolation)
ashlar_test(transactions)
ashlar_test(serializability)
ashlar_long_test(serializability ASHLAR_MS=20000 ASHLAR_TRANSACTIONS=200000)
