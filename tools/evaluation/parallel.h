// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace mimir::evaluation {

/// Calls work(i, thread) once for every i below `count`, on `thread_count` threads that
/// take the next i as they become free. What work(i, ...) writes must depend on i alone,
/// and then the result does not depend on the number of threads.
/// REQUIRES: work does not throw.
template <class Work>
void for_each_index(std::size_t count, std::size_t thread_count, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&](std::size_t thread) {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i, thread);
  };
  std::vector<std::jthread> threads;
  for (std::size_t thread = 1; thread < thread_count; ++thread) threads.emplace_back(run, thread);
  run(0);
}

}  // namespace mimir::evaluation
