// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

// The library's own names for what it keeps to itself; its headers are for the adapter.
struct hs_database;
struct hs_scratch;

namespace mimir::pattern {

using Database = hs_database;
using Scratch = hs_scratch;

struct FreeDatabase {
  void operator()(Database* database) const noexcept;
};
struct FreeScratch {
  void operator()(Scratch* scratch) const noexcept;
};
using DatabasePtr = std::unique_ptr<Database, FreeDatabase>;
using ScratchPtr = std::unique_ptr<Scratch, FreeScratch>;

/// Working memory for scans of one set or two, for one thread. Null if memory lacks.
[[nodiscard]] ScratchPtr make_scratch(const Database* first, const Database* second) noexcept;

/// Called with a pattern's id and where its match ends; true ends the scan.
using OnMatch = bool (*)(void* context, std::uint32_t id, std::size_t end) noexcept;

/// Looks for all patterns of a set at once. Ends of matches come in ascending order, and
/// each once a pattern.
///
/// Threads: one, that of the scratch. Cost: about 100 ns and a tenth of a ns a byte; no
/// allocation, no system call.
void scan(const Database* database, Scratch* scratch, std::span<const std::byte> bytes,
          OnMatch on_match, void* context) noexcept;

}  // namespace mimir::pattern
