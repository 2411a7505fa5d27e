// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <linux/seccomp.h>
#include <new>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataplane/payload/talk.h"
#include "tests/dataplane/worker_rig.h"

// A sanitizer brings operators of its own, which count nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MIMIR_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define MIMIR_HAS_SANITIZER 1
#endif
#endif

#ifndef MIMIR_HAS_SANITIZER

namespace {
std::size_t allocation_count = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  ++allocation_count;
  void* const memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(size == 0 ? 1 : size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif

namespace mimir {
namespace {

#ifndef MIMIR_HAS_SANITIZER

/// Everything a mirror carries, out of order, with gaps and quiet polls.
std::vector<test::Burst> all_traffic() {
  std::vector<test::Burst> bursts = test::random_traffic(1, {.burst_count = 400,
                                                             .disorder_ns = kNsPerSecond,
                                                             .gap_ns = 50 * kNsPerSecond,
                                                             .idle_one_in = 10});
  std::size_t packet_count = 0;
  for (const test::Burst& burst : bursts) packet_count += burst.packets.size();
  EXPECT_GE(packet_count, 10000u);
  for (int i = 0; i < 100; ++i) bursts.push_back(test::talk(bursts.back()));
  return bursts;
}

/// With everything switched on that costs something, and a table that gets full.
WorkerOptions all_options(const payload::Signatures& signatures) {
  WorkerOptions options{.window_ns = kNsPerSecond,
                        .lateness_ns = kNsPerSecond,
                        .flow_count_max = 200,
                        .ipv6_flow_count_max = 200,
                        .secret = {},
                        .duplicate_distance_ns = kNsPerSecond};
  options.inspection = signatures.lend({.keeps_samples = true});
  options.dissect.network_mask = wire::DissectOptions::kNetworkBits;
  return options;
}

#endif

TEST(WorkerAllocation, AWorkerAllocatesNothingOnceItIsBuilt) {
#ifdef MIMIR_HAS_SANITIZER
  GTEST_SKIP() << "the sanitizer replaces operator new, so it cannot be counted here";
#else
  const std::vector<test::Burst> bursts = all_traffic();
  test::FakeSource source(bursts);
  RecordRing ring(std::size_t{1} << 16, std::size_t{1} << 14);
  const auto signatures = test::built_in_signatures();
  Worker worker(all_options(*signatures), source, ring);
  const std::size_t before = allocation_count;
  ASSERT_GT(before, 0u) << "the counting operator is in use";
  while (worker.step()) {
  }
  worker.finish();
  EXPECT_EQ(allocation_count - before, 0u);
  test::Reader reader;
  EXPECT_TRUE(reader.drain(ring));
  EXPECT_GT(reader.flows().size(), 100u) << "and it did count";
  EXPECT_GT(reader.facts().size(), 100u) << "and look";
#endif
}

// The kernel is the judge: in seccomp's strict mode a thread may read, write and end,
// and is killed at any other system call.
TEST(WorkerAllocation, AWorkerMakesNoSystemCallOnceItIsBuilt) {
#ifdef MIMIR_HAS_SANITIZER
  GTEST_SKIP() << "the sanitizer makes system calls of its own";
#else
  const auto status_of = [](auto body) {
    const pid_t child = fork();
    if (child == 0) {
      body();
      syscall(SYS_exit, 9);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status;
  };
  const int status = status_of([] {
    const std::vector<test::Burst> bursts = all_traffic();
    test::FakeSource source(bursts);
    RecordRing ring(std::size_t{1} << 16, std::size_t{1} << 14);  // nobody has to drain it
    const auto signatures = test::built_in_signatures();
    Worker worker(all_options(*signatures), source, ring);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) syscall(SYS_exit, 8);
    while (worker.step()) {
    }
    worker.finish();
    syscall(SYS_exit, 7);  // before destructors, which give memory back to the kernel
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 8) GTEST_SKIP() << "this kernel has no seccomp";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << "ended with " << status;
  const int of_a_call = status_of([] {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0) (void)syscall(SYS_getppid);
  });
  EXPECT_TRUE(WIFSIGNALED(of_a_call) && WTERMSIG(of_a_call) == SIGKILL) << "the judge is awake";
#endif
}

}  // namespace
}  // namespace mimir
