// VerifyRecord accepts what happened and refuses each kind of lie, with a message that says where.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "selfplay/record/chunk.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

using Change = std::function<void(GameRecord*)>;

// First player wins with a1 b1 c1 on the fifth ply.
GameRecord HonestRecord() { return RecordOf(GameNamed("tic_tac_toe"), "a1 a2 b1 b2 c1"); }

void ExpectRefused(const Change& change, const std::string& part_of_message) {
  GameRecord record = HonestRecord();
  change(&record);
  const absl::Status status = VerifyRecord(record);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << part_of_message;
  EXPECT_NE(status.message().find(part_of_message), absl::string_view::npos) << status;
}

TEST(VerifyRecordTest, AcceptsHonestRecords) {
  EXPECT_TRUE(VerifyRecord(HonestRecord()).ok()) << VerifyRecord(HonestRecord());
  for (const char* spec : {"tic_tac_toe", "connect_four", "othello:size=6"}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const absl::Status status = VerifyRecord(RandomRecord(GameNamed(spec), seed));
      EXPECT_TRUE(status.ok()) << spec << " " << seed << ": " << status;
    }
  }
}

TEST(VerifyRecordTest, RefusesLiesAboutTheGame) {
  ExpectRefused([](GameRecord* r) { r->set_game("quidditch"); }, "quidditch");
  ExpectRefused([](GameRecord* r) { r->set_game("connect_four"); }, "");
  ExpectRefused([](GameRecord* r) { r->set_start("nonsense"); }, "start");
  EXPECT_FALSE(VerifyRecord(GameNamed("connect_four"), HonestRecord()).ok());
}

TEST(VerifyRecordTest, RefusesLiesAboutTheMoves) {
  ExpectRefused([](GameRecord* r) { r->set_moves(2, r->moves(0)); }, "ply 2");
  ExpectRefused([](GameRecord* r) { r->set_moves(1, 70000); }, "70000");
  ExpectRefused([](GameRecord* r) { r->mutable_moves()->RemoveLast(); }, "turns");
  ExpectRefused([](GameRecord* r) { r->set_opening_plies(1); }, "opening plies");
  ExpectRefused([](GameRecord* r) { r->set_opening_plies(4000000000u); }, "opening plies");
  ExpectRefused(
      [](GameRecord* r) {
        r->add_moves(8);
        *r->add_turns() = r->turns(4);
      },
      "ply 5");
  ExpectRefused([](GameRecord* r) { r->mutable_moves()->Resize(1000, 0); }, "1000 moves");
}

TEST(VerifyRecordTest, RefusesLiesAboutTheEnd) {
  ExpectRefused([](GameRecord* r) { r->set_result(-1); }, "result -1");
  ExpectRefused([](GameRecord* r) { r->set_result(5); }, "result 5");
  ExpectRefused([](GameRecord* r) { r->clear_result(); }, "absent");
  ExpectRefused([](GameRecord* r) { r->set_end(GameRecord::PROVEN); }, "played to its end");
  const Change shorten = [](GameRecord* r) {
    r->mutable_moves()->RemoveLast();
    r->mutable_turns()->RemoveLast();
  };
  ExpectRefused(shorten, "not over");
  ExpectRefused([&](GameRecord* r) { shorten(r), r->set_end(GameRecord::PROVEN); }, "does not prove");
  ExpectRefused([&](GameRecord* r) { shorten(r), r->set_end(GameRecord::MAX_PLIES), r->set_result(0); }, "cut after 4");
}

TEST(VerifyRecordTest, AcceptsAGameThatEndedWithAProof) {
  GameRecord record = HonestRecord();
  record.mutable_moves()->RemoveLast();
  record.mutable_turns()->RemoveLast();
  record.set_end(GameRecord::PROVEN);
  record.mutable_turns(3)->set_proven(1);
  EXPECT_TRUE(VerifyRecord(record).ok()) << VerifyRecord(record);
}

TEST(VerifyRecordTest, RefusesLiesAboutATurn) {
  const auto turn = [](const std::function<void(Turn*)>& change) { return [change](GameRecord* r) { change(r->mutable_turns(2)); }; };
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  ExpectRefused(turn([](Turn* t) { t->set_visit_actions(0, 0); }), "ply 2: visited action 0 is not legal");
  ExpectRefused(turn([](Turn* t) { t->set_visit_actions(0, 65535); }), "not legal");
  ExpectRefused(turn([](Turn* t) { t->add_visits(3); }), "2 visits for 1 actions");
  ExpectRefused(turn([](Turn* t) { t->add_visits(3), t->add_visit_actions(t->visit_actions(0)); }), "ascending");
  ExpectRefused(turn([](Turn* t) { t->set_visits(0, 0); }), "without visits");
  ExpectRefused(turn([](Turn* t) { t->clear_visits(), t->clear_visit_actions(); }), "without visits");
  ExpectRefused(turn([](Turn* t) { t->clear_root_value(); }), "root value absent");
  for (const float value : {1.5f, -1.5f, nan, infinity}) ExpectRefused(turn([&](Turn* t) { t->set_root_value(value); }), "root value");
  for (const float draw : {1.5f, -0.5f, nan}) ExpectRefused(turn([&](Turn* t) { t->set_root_draw(draw); }), "draw probability");
  for (const float kl : {-1.0f, nan, infinity}) ExpectRefused(turn([&](Turn* t) { t->set_prior_kl(kl); }), "prior_kl");
  ExpectRefused(turn([](Turn* t) { t->set_proven(2); }), "proven 2");
}

}  // namespace
}  // namespace tandem
