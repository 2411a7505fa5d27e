// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert_file.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

// An empty file that goes with its test.
class AlertFileTest : public testing::Test {
 protected:
  AlertFileTest() {
    std::string pattern = testing::TempDir() + "mimir-alerts-XXXXXX";
    const int file = mkstemp(pattern.data());
    if (file >= 0) close(file);
    path_ = pattern;
  }
  ~AlertFileTest() override { (void)unlink(path_.c_str()); }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }

  std::string path_;
};

Alert alert_named(std::string name) {
  Alert alert;
  alert.model_name = std::move(name);
  return alert;
}

std::string line_of(const Alert& alert) { return config::to_text(to_json(alert)); }

TEST_F(AlertFileTest, IsAppendedToAndWrittenAtOnce) {
  config::Diagnostics diagnostics;
  for (const char* name : {"one", "two"}) {
    auto file = AlertFile::open(path_, diagnostics);
    ASSERT_TRUE(file.has_value());
    file->write(to_json(alert_named(name)));
    EXPECT_EQ(lines().back(), line_of(alert_named(name))) << "before it is closed";
    EXPECT_EQ(file->written(), 1U);
    EXPECT_EQ(file->lost(), 0U);
  }
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(AlertFileTest, SaysWhyItCannotBeOpened) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(AlertFile::open("/nowhere/alerts.jsonl", diagnostics).has_value());
  EXPECT_EQ(diagnostics.render(),
            "/nowhere/alerts.jsonl: error: alerts cannot be written: No such file or directory\n"
            "  hint: does the folder exist, and may this user write there?\n");
}

TEST_F(AlertFileTest, CountsWhatAFullDiskDoesNotTake) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  config::Diagnostics diagnostics;
  auto file = AlertFile::open("/dev/full", diagnostics);
  ASSERT_TRUE(file.has_value());
  file->write(to_json(alert_named("one")));
  file->write(to_json(alert_named("two")));
  EXPECT_EQ(file->written(), 0U);
  EXPECT_EQ(file->lost(), 2U);
}

TEST_F(AlertFileTest, DoesNotRetryALostLineOnceThereIsRoom) {
  config::Diagnostics diagnostics;
  auto file = AlertFile::open(path_, diagnostics);
  ASSERT_TRUE(file.has_value());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  file->write(to_json(alert_named("lost")));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, handler);
  EXPECT_EQ(file->lost(), 1U);
  file->write(to_json(alert_named("kept")));
  EXPECT_EQ(file->written(), 1U);
  EXPECT_EQ(lines(), std::vector<std::string>{line_of(alert_named("kept"))});
}

}  // namespace
}  // namespace mimir::controlplane
