// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/rotating_file.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

using Lines = std::vector<std::string>;

// A path in a folder that goes with its test.
class RotatingFileTest : public testing::Test {
 protected:
  RotatingFileTest() {
    std::string pattern = testing::TempDir() + "mimir-alerts-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/alerts.jsonl";
  }
  ~RotatingFileTest() override {
    for (const char* const suffix : {"", ".1", ".2", ".3", ".old"}) {
      (void)unlink((path_ + suffix).c_str());
    }
    (void)rmdir(folder_.c_str());
  }

  [[nodiscard]] std::unique_ptr<RotatingFile> open(RotationOptions options = {}) const {
    config::Diagnostics diagnostics;
    auto file = RotatingFile::open(path_, options, diagnostics);
    EXPECT_EQ(diagnostics.render(), "");
    return file;
  }
  [[nodiscard]] Lines lines(const char* suffix = "") const {
    std::ifstream file(path_ + suffix);
    Lines all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(RotatingFileTest, IsAppendedToAndWrittenAtOnce) {
  for (const char* const name : {"one", "two"}) {
    const auto file = open();
    file->write(name);
    EXPECT_EQ(lines().back(), name) << "before it is closed";
    EXPECT_EQ(file->written(), 1U);
    EXPECT_EQ(file->lost(), 0U);
  }
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(RotatingFileTest, SaysWhyItCannotBeOpened) {
  config::Diagnostics diagnostics;
  EXPECT_EQ(RotatingFile::open("/nowhere/alerts.jsonl", {}, diagnostics), nullptr);
  EXPECT_EQ(diagnostics.render(),
            "/nowhere/alerts.jsonl: error: alerts cannot be written: No such file or directory\n"
            "  hint: does the folder exist, and may this user write there?\n");
}

// Lines of ten bytes with their ends, two to a file.
TEST_F(RotatingFileTest, KeepsSoManyFilesOfSoManyBytes) {
  const auto file = open({.bytes_max = 20, .file_count = 3});
  for (char c = 'a'; c <= 'i'; ++c) file->write(std::string(9, c));
  const auto line = [](char c) { return std::string(9, c); };
  EXPECT_EQ(lines(), Lines{line('i')});
  EXPECT_EQ(lines(".1"), (Lines{line('g'), line('h')}));
  EXPECT_EQ(lines(".2"), (Lines{line('e'), line('f')}));
  EXPECT_EQ(lines(".3"), Lines{});
  EXPECT_EQ(file->written(), 9U);
}

TEST_F(RotatingFileTest, ALineLongerThanAFileHasOneOfItsOwn) {
  const auto file = open({.bytes_max = 5, .file_count = 2});
  file->write("0123456789");
  EXPECT_EQ(lines(), Lines{"0123456789"});
  file->write("next");
  EXPECT_EQ(lines(), Lines{"next"});
  EXPECT_EQ(lines(".1"), Lines{"0123456789"});
}

TEST_F(RotatingFileTest, IsOpenedAnewAfterSomebodyRenamedIt) {
  const auto file = open();
  file->write("one");
  ASSERT_EQ(std::rename(path_.c_str(), (path_ + ".old").c_str()), 0);
  file->write("two");
  file->reopen();
  file->write("three");
  EXPECT_EQ(lines(".old"), (Lines{"one", "two"}));
  EXPECT_EQ(lines(), Lines{"three"});
}

TEST_F(RotatingFileTest, CountsWhatAFullDiskDoesNotTake) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  config::Diagnostics diagnostics;
  const auto file = RotatingFile::open("/dev/full", {}, diagnostics);
  ASSERT_NE(file, nullptr);
  file->write("one");
  file->write("two");
  EXPECT_EQ(file->written(), 0U);
  EXPECT_EQ(file->lost(), 2U);
}

TEST_F(RotatingFileTest, KeepsNoHalfLineOfWhatADiskTookInPart) {
  const auto file = open();
  file->write("kept");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit few{.rlim_cur = 8, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &few), 0);
  file->write("lost as a whole");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, handler);
  EXPECT_EQ(file->lost(), 1U);
  file->write("kept too");
  EXPECT_EQ(file->written(), 2U);
  EXPECT_EQ(lines(), (Lines{"kept", "kept too"}));
}

}  // namespace
}  // namespace mimir::controlplane
