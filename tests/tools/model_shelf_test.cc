// SPDX-License-Identifier: Apache-2.0
#include "tools/model_shelf.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

namespace mimir::tools {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;  ///< what is in a folder, by name

class ModelShelfTest : public testing::Test {
 protected:
  ModelShelfTest() {
    std::string pattern = testing::TempDir() + "mimir-shelf-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    write("m", "active");
    shelf_.emplace(folder_ + "/m");
  }
  ~ModelShelfTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }
  [[nodiscard]] Files files() const {
    Files all;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      std::ifstream file(entry.path());
      all[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return all;
  }

  std::string folder_;
  std::optional<ModelShelf> shelf_;
  config::Diagnostics diagnostics_;
};

TEST_F(ModelShelfTest, StagesACopyAsReadableAsTheModel) {
  write("new", "candidate");
  chmod((folder_ + "/m").c_str(), 0640);
  chmod((folder_ + "/new").c_str(), 0600);
  ASSERT_TRUE(shelf_->stage(folder_ + "/new", diagnostics_));
  shelf_->keep();
  EXPECT_EQ(files(), (Files{{"m", "active"}, {"m.candidate", "candidate"}, {"new", "candidate"}}));
  struct stat made {};
  ASSERT_EQ(stat((folder_ + "/m.candidate").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0640U);
}

TEST_F(ModelShelfTest, PromotesAndRollsBack) {
  write("m.candidate", "second");
  write("m.former", "zeroth");
  ASSERT_TRUE(shelf_->promote(diagnostics_));
  shelf_->keep();
  EXPECT_EQ(files(), (Files{{"m", "second"}, {"m.former", "active"}}));
  ASSERT_TRUE(shelf_->roll_back(diagnostics_));
  shelf_->keep();
  EXPECT_EQ(files(), (Files{{"m", "active"}, {"m.former", "second"}}));
  ASSERT_TRUE(shelf_->roll_back(diagnostics_));
  shelf_->keep();
  EXPECT_EQ(files(), (Files{{"m", "second"}, {"m.former", "active"}}));
}

TEST_F(ModelShelfTest, TakesBackWhateverWasDone) {
  write("new", "third");
  for (const bool is_full : {false, true}) {
    write("m.candidate", "second");
    if (is_full) write("m.former", "zeroth");
    const Files before = files();
    for (const auto change : {&ModelShelf::promote, &ModelShelf::roll_back, &ModelShelf::unstage}) {
      if (!(*shelf_.*change)(diagnostics_)) continue;
      EXPECT_NE(files(), before);
      shelf_->take_back();
      EXPECT_EQ(files(), before);
    }
    ASSERT_TRUE(shelf_->stage(folder_ + "/new", diagnostics_));
    EXPECT_EQ(files()["m.candidate"], "third");
    shelf_->take_back();
    EXPECT_EQ(files(), before);
  }
}

TEST_F(ModelShelfTest, ChangesNothingWhereSomethingIsMissing) {
  const Files before = files();
  EXPECT_FALSE(shelf_->promote(diagnostics_));
  EXPECT_FALSE(shelf_->roll_back(diagnostics_));
  EXPECT_FALSE(shelf_->unstage(diagnostics_));
  EXPECT_FALSE(shelf_->stage(folder_ + "/absent", diagnostics_));
  EXPECT_EQ(diagnostics_.error_count(), 4U);
  EXPECT_EQ(files(), before);
  write("m.candidate", "second");
  EXPECT_FALSE(shelf_->stage(folder_ + "/absent", diagnostics_));
  EXPECT_EQ(files(), (Files{{"m", "active"}, {"m.candidate", "second"}}));
}

}  // namespace
}  // namespace mimir::tools
