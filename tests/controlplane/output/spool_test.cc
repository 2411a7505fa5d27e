// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/spool.h"

#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::controlplane {
namespace {

using Lines = std::vector<std::string>;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = testing::TempDir() + "mimir-spool-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::unique_ptr<Spool> open(std::uint64_t bytes_max = 1 << 20) const {
    std::string fault;
    auto spool = Spool::open(folder_, bytes_max, fault);
    EXPECT_EQ(fault, "");
    return spool;
  }
  static Lines take(Spool& spool, std::size_t count) {
    const Lines lines = spool.front(count);
    spool.pop(lines.size());
    return lines;
  }
  static Lines take_all(Spool& spool) {
    Lines all;
    for (Lines lines = take(spool, 7); !lines.empty(); lines = take(spool, 7)) {
      all.insert(all.end(), lines.begin(), lines.end());
    }
    return all;
  }

  std::string folder_;
};

TEST_F(SpoolTest, GivesWhatIsOldestUntilItIsDoneWith) {
  const auto spool = open();
  EXPECT_EQ(spool->append(Lines{"a", "b", "c"}).stored, 3U);
  EXPECT_EQ(spool->front(2), (Lines{"a", "b"}));
  EXPECT_EQ(spool->front(2), (Lines{"a", "b"}));
  spool->pop(1);
  EXPECT_EQ(spool->front(9), (Lines{"b", "c"}));
  EXPECT_EQ(spool->waiting_lines(), 2U);
  EXPECT_EQ(spool->waiting_bytes(), 4U);
}

TEST_F(SpoolTest, RefusesWhatHasNoRoomAndKeepsWhatItHas) {
  const auto spool = open(8192);
  const std::string line(999, 'x');
  Lines many(10, line);
  const Spool::Stored stored = spool->append(many);
  EXPECT_EQ(stored.stored, 8U);
  EXPECT_EQ(stored.full, 2U);
  EXPECT_EQ(take(*spool, 1), Lines{line});
  EXPECT_EQ(spool->append(Lines{"new"}).stored, 1U);
  EXPECT_EQ(take_all(*spool).back(), "new");
}

TEST_F(SpoolTest, IsOneProcessesOnly) {
  const auto spool = open();
  std::string fault;
  EXPECT_EQ(Spool::open(folder_, 1 << 20, fault), nullptr);
  EXPECT_EQ(fault, "another process has it");
}

TEST_F(SpoolTest, CutsOffALineTornByACrash) {
  (void)open()->append(Lines{"whole"});
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ofstream(entry.path(), std::ios::app) << "{\"torn";
  }
  const auto spool = open();
  EXPECT_EQ(spool->found_lines(), 1U);
  (void)spool->append(Lines{"next"});
  EXPECT_EQ(take_all(*spool), (Lines{"whole", "next"}));
}

TEST_F(SpoolTest, BeginsAtTheBeginningIfItsPositionIsLost) {
  {
    const auto spool = open();
    (void)spool->append(Lines{"a", "b"});
    spool->pop(spool->front(1).size());
  }
  std::filesystem::remove(folder_ + "/position");
  EXPECT_EQ(take_all(*open()), (Lines{"a", "b"})) << "again rather than never";
}

// Against a queue in memory, over many lives of the spool: nothing is lost, nothing comes
// twice where the process ends in order, and the folder does not grow.
TEST_F(SpoolTest, IsAQueueAcrossLives) {
  test::Random random(7);
  std::deque<std::string> oracle;
  std::uint64_t next = 0;
  for (int life = 0; life < 40; ++life) {
    const auto spool = open(std::uint64_t{1} << 17);
    ASSERT_EQ(spool->found_lines(), oracle.size());
    for (int step = 0; step < 50; ++step) {
      if (random.below(2) == 0) {
        Lines lines;
        for (std::uint64_t i = random.below(5); i > 0; --i) {
          lines.push_back(std::to_string(next++) + std::string(random.below(900), 'x'));
        }
        if (spool->waiting_bytes() > 100'000) continue;
        ASSERT_EQ(spool->append(lines).stored, lines.size());
        oracle.insert(oracle.end(), lines.begin(), lines.end());
      } else {
        const Lines given = spool->front(1 + random.below(6));
        const std::size_t done = random.below(given.size() + 1);
        for (std::size_t i = 0; i < given.size(); ++i) ASSERT_EQ(given[i], oracle[i]);
        spool->pop(done);
        oracle.erase(oracle.begin(), oracle.begin() + static_cast<std::ptrdiff_t>(done));
      }
      ASSERT_EQ(spool->waiting_lines(), oracle.size());
    }
  }
  const auto spool = open();
  EXPECT_EQ(take_all(*spool), Lines(oracle.begin(), oracle.end()));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    files += entry.path().extension() == ".jsonl" ? 1U : 0U;
  }
  EXPECT_LE(files, 1U);
}

// A child is killed while it writes. What append() acknowledged, through a pipe, is there.
TEST_F(SpoolTest, WhatWasAcknowledgedOutlivesAKill) {
  int acknowledged[2];
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::string fault;
    const auto spool = Spool::open(folder_, 1 << 24, fault);
    for (std::uint32_t i = 0;; ++i) {
      if (spool->append(Lines{std::to_string(i)}).stored != 1) _exit(1);
      if (write(acknowledged[1], &i, sizeof(i)) != sizeof(i)) _exit(1);
    }
  }
  std::uint32_t last = 0;
  while (last < 200) ASSERT_EQ(read(acknowledged[0], &last, sizeof(last)), 4);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  (void)close(acknowledged[1]);
  while (read(acknowledged[0], &last, sizeof(last)) == 4) {
  }
  (void)close(acknowledged[0]);
  const auto spool = open(1 << 24);
  const Lines all = take_all(*spool);
  ASSERT_GT(all.size(), last);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], std::to_string(i));
}

}  // namespace
}  // namespace mimir::controlplane
