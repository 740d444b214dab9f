// Every bound of the engine, by name. What users meet is also in docs/FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ashlar {

// --- What may be stored ----------------------------------------------------------------------
inline constexpr std::size_t kMaximumKeyBytes = 64 << 10;
// Of keys as they are stored: escaped ones, and those of index entries (base/key_space.h).
inline constexpr std::size_t kMaximumStoredKeyBytes = 128 << 10;
inline constexpr std::size_t kMaximumValueBytes = std::size_t{1} << 30;
// Values of at least this many bytes lie in value files; tables hold a pointer to them.
inline constexpr std::size_t kLargeValueBytes = 1024;
// Values of at least this many bytes go to a value file before their commit, and only a pointer
// goes through the log and the memtable.
inline constexpr std::size_t kHugeValueBytes = std::size_t{1} << 20;

// --- Files -----------------------------------------------------------------------------------
inline constexpr std::size_t kPageBytes = 4096;          // unit of direct I/O, checksum and cache
inline constexpr std::size_t kCompressedGroupBytes = 16384;  // pages compressed together
inline constexpr std::size_t kMaximumTableBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMinimumTableBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaximumValueFileBytes = std::size_t{64} << 20;

// --- Log -------------------------------------------------------------------------------------
inline constexpr std::size_t kMaximumLogSegmentBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMaximumLogRingBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMinimumLogRingBytes = std::size_t{1} << 20;
// What deletions may still use of the log when the disk is full.
inline constexpr std::size_t kLogReserveBytes = std::size_t{4} << 20;
inline constexpr std::size_t kLogFlushBytes = std::size_t{256} << 10;  // written in one piece
inline constexpr int64_t kLogFlushMilliseconds = 50;  // age at which unsynced frames are written

// --- Memtable --------------------------------------------------------------------------------
inline constexpr std::size_t kMaximumMemtableBytes = std::size_t{128} << 20;
inline constexpr std::size_t kMinimumMemtableBytes = std::size_t{1} << 20;
inline constexpr int kMaximumImmutableMemtables = 3;

// --- Tree ------------------------------------------------------------------------------------
// Between these, by memory, is the number of runs that gather before they are distributed.
inline constexpr int kMinimumRunsBeforeDistribution = 8;
inline constexpr int kMaximumRunsBeforeDistribution = 16;
inline constexpr int kFragmentsBeforeMerge = 8;

// Sequence numbers take 56 bits, so that one fits beside an operation in 64.
inline constexpr uint64_t kMaximumSequence = (uint64_t{1} << 56) - 1;

}  // namespace ashlar
