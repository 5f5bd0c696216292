// Text of chess from outside: FEN, EPD, SAN and UCI moves are read back as written, and whatever the bytes, the parsers answer with a
// value or an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/rng.h"
#include "engine/games/chess/chess960.h"
#include "engine/games/chess/epd.h"
#include "engine/games/chess/fen.h"
#include "engine/games/chess/move_generator.h"
#include "engine/games/chess/move_text.h"
#include "tests/engine/games/fuzz_text.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem::chess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kKiwipete[] = "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1";

std::string FenError(std::string_view fen, bool chess960 = false) {
  const absl::StatusOr<Board> board = ReadFen(fen, chess960);
  EXPECT_EQ(board.status().code(), absl::StatusCode::kInvalidArgument) << fen;
  return std::string(board.status().message());
}

TEST(ChessFenTest, RefusesWhatNoGameLeadsToAndSaysWhy) {
  EXPECT_THAT(FenError(""), HasSubstr("fields"));
  EXPECT_THAT(FenError("8/8/8/8 w - - 0 1"), HasSubstr("4 ranks: expected 8"));
  EXPECT_THAT(FenError("8/8/8/8/8/8/8/8/8 w - - 0 1"), HasSubstr("9 ranks: expected 8"));
  EXPECT_THAT(FenError("k7/8/8/8/8/8/8/7K w - -  0"), HasSubstr("5 fields"));
  EXPECT_THAT(FenError("k8/8/8/8/8/8/8/7K w - - 0 1"), HasSubstr("rank 8"));
  EXPECT_THAT(FenError("k6/8/8/8/8/8/8/7K w - - 0 1"), HasSubstr("expected 8 files"));
  EXPECT_THAT(FenError("kx6/8/8/8/8/8/8/7K w - - 0 1"), HasSubstr("expected pieces"));
  EXPECT_THAT(FenError("kk6/8/8/8/8/8/8/7K w - - 0 1"), HasSubstr("2 black kings: expected 1"));
  EXPECT_THAT(FenError("k7/8/8/8/8/8/8/8 w - - 0 1"), HasSubstr("0 white kings: expected 1"));
  EXPECT_THAT(FenError("k7/8/8/8/8/8/8/P6K w - - 0 1"), HasSubstr("pawn on a1"));
  EXPECT_THAT(FenError("k7/8/8/8/8/P7/PPPPPPPP/7K w - - 0 1"), HasSubstr("9 white pawns"));
  EXPECT_THAT(FenError("k7/8/8/8/8/QQ6/PPPPPPPP/7K w - - 0 1"), HasSubstr("promoted"));
  EXPECT_THAT(FenError("k7/8/8/8/8/8/8/7K x - - 0 1"), HasSubstr("expected w or b"));
  EXPECT_THAT(FenError("k6R/8/8/8/8/8/8/7K w - - 0 1"), HasSubstr("is in check"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K2R w Q - 0 1"), HasSubstr("castling"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/5K1R w K - 0 1"), HasSubstr("e-file"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K1R1 w K - 0 1"), HasSubstr("corner"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K2R w KK - 0 1"), HasSubstr("two on one side"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K2R w Kz - 0 1"), HasSubstr("'z'"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K3 w - e6 0 1"), HasSubstr("no pawn has just passed"));
  EXPECT_THAT(FenError("4k3/8/8/4p3/8/8/8/4K3 w - e3 0 1"), HasSubstr("rank 6"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K3 w - - -1 1"), HasSubstr("half-move clock"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K3 w - - 151 90"), HasSubstr("0 to 150"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K3 w - - 0 0"), HasSubstr("move number"));
  EXPECT_THAT(FenError("4k3/8/8/8/8/8/8/4K3 w - - 0 x"), HasSubstr("'x'"));
}

TEST(ChessFenTest, KeepsTheEnPassantSquareOnlyWhereAPawnMayTake) {
  const auto rewritten = [](std::string_view fen) { return WriteFen(ReadFen(fen, false).value(), false); };
  EXPECT_EQ(rewritten("4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 1"), "4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 1");
  EXPECT_EQ(rewritten("4k3/8/8/3p4/8/8/8/4K3 w - d6 0 1"), "4k3/8/8/3p4/8/8/8/4K3 w - - 0 1");
  // Both pawns would leave the fifth rank, and the king stands open to the rook.
  EXPECT_EQ(rewritten("4k3/8/8/K2pP2r/8/8/8/8 w - d6 0 1"), "4k3/8/8/K2pP2r/8/8/8/8 w - - 0 1");
}

TEST(ChessFenTest, ReadsCastlingRightsInThreeStyles) {
  constexpr char kBoard[] = "1r2k1r1/8/8/8/8/8/8/RR2K1R1";
  const auto rewritten = [&](std::string_view rights) {
    return WriteFen(ReadFen(absl::StrCat(kBoard, " w ", std::string(rights), " - 0 1"), true).value(), true);
  };
  EXPECT_THAT(rewritten("GBgb"), HasSubstr(" GBgb "));
  EXPECT_THAT(rewritten("bgBG"), HasSubstr(" GBgb "));
  EXPECT_THAT(rewritten("KQkq"), HasSubstr(" GAgb "));  // outermost
  EXPECT_THAT(WriteFen(ReadFen("r3k2r/8/8/8/8/8/8/R3K2R w HAha - 0 1", false).value(), false), HasSubstr(" KQkq "));
  EXPECT_THAT(FenError(absl::StrCat(kBoard, " w AB - 0 1"), true), HasSubstr("two on one side"));
}

TEST(ChessFenTest, ReadsFourFields) { EXPECT_EQ(ReadFen("4k3/8/8/8/8/8/8/4K3 b - -", false).value().move_number, 1); }

TEST(Chess960Test, StartsAreTheNumberedOnes) {
  EXPECT_EQ(Chess960Start(kStandardStart), StandardStart());
  EXPECT_EQ(WriteFen(Chess960Start(0), true), "bbqnnrkr/pppppppp/8/8/8/8/PPPPPPPP/BBQNNRKR w HFhf - 0 1");
  EXPECT_EQ(WriteFen(Chess960Start(959), true), "rkrnnqbb/pppppppp/8/8/8/8/PPPPPPPP/RKRNNQBB w CAca - 0 1");
  std::set<std::string> all;
  for (int number = 0; number < kNumStarts; ++number) {
    const std::string fen = WriteFen(Chess960Start(number), true);
    EXPECT_TRUE(ReadFen(fen, true).ok()) << fen;
    all.insert(fen);
  }
  EXPECT_EQ(all.size(), 960u);
}

std::string San(std::string_view fen, std::string_view uci) {
  const Board board = ReadFen(fen, false).value();
  const absl::StatusOr<Move> move = ReadUci(board, uci, false);
  return move.ok() ? WriteSan(board, *move) : std::string(move.status().message());
}

TEST(ChessSanTest, WritesTheLeastThatTellsMovesApart) {
  EXPECT_EQ(San(kKiwipete, "e1g1"), "O-O");
  EXPECT_EQ(San(kKiwipete, "e1c1"), "O-O-O");
  EXPECT_EQ(San(kKiwipete, "d5e6"), "dxe6");
  EXPECT_EQ(San(kKiwipete, "e5f7"), "Nxf7");
  EXPECT_EQ(San("4k3/8/8/8/8/8/8/R3K2R w - - 0 1", "a1d1"), "Rd1");
  EXPECT_EQ(San("4k3/8/8/8/8/4K3/8/R6R w - - 0 1", "a1d1"), "Rad1");
  EXPECT_EQ(San("R3k3/8/8/8/8/4K3/8/R7 b - - 0 1", "e8e7"), "Ke7");
  EXPECT_EQ(San("8/R3k3/8/8/8/4K3/8/R7 b - - 0 1", "e7e6"), "Ke6");
  EXPECT_EQ(San("8/8/R7/2k5/8/4K3/8/R7 w - - 0 1", "a6a4"), "R6a4");
  EXPECT_EQ(San("6k1/8/8/8/Q6Q/8/8/K6Q w - - 0 1", "h4e4"), "Qh4e4");
  EXPECT_EQ(San("7k/P7/8/8/8/8/8/K7 w - - 0 1", "a7a8q"), "a8=Q+");
  EXPECT_EQ(San("7k/5K2/6Q1/8/8/8/8/8 w - - 0 1", "g6g7"), "Qg7#");
  EXPECT_EQ(San("4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 1", "e5d6"), "exd6");
}

TEST(ChessSanTest, ReadsLooseSpellings) {
  const Board board = ReadFen(kKiwipete, false).value();
  for (const char* text : {"O-O", "0-0", "O-O!?", "O-O+"}) EXPECT_EQ(WriteUci(ReadSan(board, text).value(), false), "e1g1") << text;
  for (const char* text : {"dxe6", "d5xe6", "de6", "Pdxe6", "d5-e6"}) {
    EXPECT_EQ(WriteUci(ReadSan(board, text).value(), false), "d5e6") << text;
  }
  EXPECT_EQ(WriteUci(ReadSan(board, "Nb5").value(), false), "c3b5");
  EXPECT_THAT(std::string(ReadSan(board, "Ng9").status().message()), HasSubstr("expected SAN"));
  EXPECT_THAT(std::string(ReadSan(board, "Nh8").status().message()), HasSubstr("illegal"));
  EXPECT_THAT(std::string(ReadSan(ReadFen("4k3/8/8/8/8/4K3/8/R6R w - - 0 1", false).value(), "Rd1").status().message()),
              HasSubstr("ambiguous"));
}

TEST(ChessEpdTest, ReadsOperations) {
  const Epd epd =
      ReadEpd(R"(2rr3k/pp3pp1/1nnqbN1p/3pN3/2pP4/2P3Q1/PPB4P/R4RK1 w - - bm Qg6 g3g6; am "Nf7" ; dm 2; id "WAC; 001";)", false).value();
  EXPECT_EQ(epd.id(), "WAC; 001");
  EXPECT_EQ(epd.DirectMate().value(), 2);
  EXPECT_EQ(epd.Moves("bm", false).value().size(), 2u);
  EXPECT_EQ(WriteUci(epd.Moves("bm", false).value()[0], false), "g3g6");
  EXPECT_THAT(epd.Operands("am"), ElementsAre("Nf7"));
  EXPECT_EQ(WriteEpd(epd, false), R"(2rr3k/pp3pp1/1nnqbN1p/3pN3/2pP4/2P3Q1/PPB4P/R4RK1 w - - bm Qg6 g3g6; am Nf7; dm 2; id "WAC; 001";)");
}

TEST(ChessEpdTest, KeepsTheCounters) {
  const Epd epd = ReadEpd("4k3/8/8/8/8/8/8/4K3 w - - 12 40; id x", false).value();
  EXPECT_EQ(epd.board.clock, 12);
  EXPECT_EQ(WriteEpd(epd, false), "4k3/8/8/8/8/8/8/4K3 w - - hmvc 12; fmvn 40; id x;");
  EXPECT_EQ(ReadEpd(WriteEpd(epd, false), false).value().board, epd.board);
}

TEST(ChessEpdTest, RefusesIllFormedLines) {
  const auto error = [](std::string_view text) { return std::string(ReadEpd(text, false).status().message()); };
  EXPECT_THAT(error("4k3/8/8/8/8/8/8/4K3 w - - id \"open"), HasSubstr("closing quote"));
  EXPECT_THAT(error("4k3/8/8/8/8/8/8/4K3 w - - 7up x;"), HasSubstr("opcode"));
  EXPECT_THAT(error("4k3/8/8/8/8/8/8/4K3 w - - hmvc x;"), HasSubstr("one number"));
  EXPECT_THAT(error("4k3/8/8 w - - bm e4;"), HasSubstr("ranks"));
  const Epd epd = ReadEpd("4k3/8/8/8/8/8/8/4K3 w - - bm Ke8; dm x;", false).value();
  EXPECT_THAT(std::string(epd.Moves("bm", false).status().message()), HasSubstr("Ke8"));
  EXPECT_THAT(std::string(epd.DirectMate().status().message()), HasSubstr("dm 'x'"));
}

TEST(ChessEpdTest, SuitesBestMovesAreLegalThroughEpd) {
  constexpr char kFile[] = "chess/suites.jsonl";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  int num_read = 0;
  for (const boost::json::object& row : ReadJsonLines(kFile)) {
    std::string line(row.at("fen").as_string());
    const boost::json::value* moves = row.if_contains("bm");
    if (moves == nullptr) continue;
    absl::StrAppend(&line, "; bm");
    for (const boost::json::value& move : moves->as_array()) absl::StrAppend(&line, " ", std::string(move.as_string()));
    const absl::StatusOr<Epd> epd = ReadEpd(line, false);
    ASSERT_TRUE(epd.ok()) << epd.status();
    EXPECT_TRUE(epd->Moves("bm", false).ok()) << epd->Moves("bm", false).status();
    ++num_read;
  }
  EXPECT_GT(num_read, 300);
}

// --- Fuzz -----------------------------------------------------------------------------------------------------------------------------

// Calls visit(board, chess960) for positions of random games.
template <typename Visit>
void VisitRandomPositions(int num_positions, Rng& rng, const Visit& visit) {
  for (int num_visited = 0; num_visited < num_positions;) {
    const bool chess960 = rng.Below(2) == 0;
    Board board = chess960 ? Chess960Start(static_cast<int>(rng.Below(kNumStarts))) : StandardStart();
    for (int ply = 0; ply < 150 && num_visited < num_positions; ++ply) {
      MoveList moves;
      LegalMoves(board, moves);
      if (moves.empty() || board.clock >= 150) break;
      visit(board, chess960);
      ++num_visited;
      board.Apply(moves[static_cast<int>(rng.Below(static_cast<std::uint32_t>(moves.size())))]);
    }
  }
}

// Whether it was accepted. What is accepted is a playable position whose text reads as itself.
bool CheckFen(const std::string& text, bool chess960) {
  const absl::StatusOr<Board> board = ReadFen(text, chess960);
  if (!board.ok()) {
    EXPECT_EQ(board.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_LT(board.status().message().size(), 600u);
    return false;
  }
  EXPECT_EQ(ReadFen(WriteFen(*board, chess960), chess960).value(), *board) << text;
  EXPECT_LE(CountLegalMoves(*board), 218) << text;
  EXPECT_EQ(CountLeaves(*board, 2, true), CountLeaves(*board, 2, false)) << text;
  return true;
}

TEST(ChessFuzzTest, FenSurvivesRandomBytesAndMutations) {
  Rng rng(1);
  int num_accepted = 0;
  for (int i = 0; i < 5000; ++i) CheckFen(RandomBytes(rng, 100), i % 2 == 0);
  VisitRandomPositions(20000, rng, [&](const Board& board, bool chess960) {
    num_accepted += CheckFen(Mutated(WriteFen(board, chess960), "PNBRQKpnbrqk/ 0123456789-wabcdefghKQABCDEFGH", rng), chess960);
  });
  EXPECT_GT(num_accepted, 500);
}

TEST(ChessFuzzTest, EpdSurvivesRandomBytesAndMutations) {
  Rng rng(2);
  int num_accepted = 0;
  const auto check = [&](const std::string& text, bool chess960) {
    const absl::StatusOr<Epd> epd = ReadEpd(text, chess960);
    if (!epd.ok()) return;
    ++num_accepted;
    const absl::StatusOr<Epd> again = ReadEpd(WriteEpd(*epd, chess960), chess960);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->board == epd->board && again->operations == epd->operations) << text;
    (void)epd->Moves("bm", chess960);
    (void)epd->DirectMate();
  };
  for (int i = 0; i < 5000; ++i) check(RandomBytes(rng, 120), false);
  VisitRandomPositions(10000, rng, [&](const Board& board, bool chess960) {
    const std::string text = absl::StrCat(WritePosition(board, chess960), R"( bm Nf3 e4; am "O-O"; id "a b"; dm 3; hmvc 4;)");
    check(Mutated(text, "PNBRQK \"; 0123456789-abcdefgh", rng), chess960);
  });
  EXPECT_GT(num_accepted, 500);
}

TEST(ChessFuzzTest, MovesSurviveRandomBytesAndMutations) {
  Rng rng(3);
  VisitRandomPositions(10000, rng, [&](const Board& board, bool chess960) {
    MoveList moves;
    LegalMoves(board, moves);
    const Move move = moves[static_cast<int>(rng.Below(static_cast<std::uint32_t>(moves.size())))];
    const std::string uci = WriteUci(move, chess960), san = WriteSan(board, move);
    ASSERT_TRUE(ReadUci(board, uci, chess960).value() == move) << uci;
    ASSERT_TRUE(ReadSan(board, san).value() == move) << san;
    for (const std::string& text : {RandomBytes(rng, 8), Mutated(uci, "abcdefgh12345678nbrq", rng)}) {
      const absl::StatusOr<Move> read = ReadUci(board, text, chess960);
      if (read.ok()) {
        EXPECT_EQ(WriteUci(*read, chess960), text);
      }
    }
    for (const std::string& text : {RandomBytes(rng, 8), Mutated(san, "NBRQKabcdefgh12345678x=+#O-", rng)}) {
      const absl::StatusOr<Move> read = ReadSan(board, text);
      if (read.ok()) {
        EXPECT_TRUE(ReadSan(board, WriteSan(board, *read)).value() == *read) << text;
      }
    }
  });
}

// Accepted move text of the registered games is the text that is written.
TEST(ChessFuzzTest, MoveTextOfTheGameIsAcceptedInOneForm) {
  Rng rng(4);
  for (const char* spec : {"chess", "chess:chess960=true"}) {
    for (int game = 0; game < 20; ++game) {
      const std::unique_ptr<State> state = GameNamed(spec).NewState();
      for (ActionList legal; !state->IsTerminal();) {
        state->LegalActions(legal);
        const Action action = legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))];
        for (int i = 0; i < 5; ++i) {
          const std::string text = Mutated(state->ActionText(action), "abcdefgh12345678nbrq", rng);
          const absl::StatusOr<Action> read = state->ParseAction(text);
          if (read.ok()) {
            EXPECT_EQ(state->ActionText(*read), text) << state->ToText();
          }
        }
        state->Apply(action);
      }
    }
  }
}

}  // namespace
}  // namespace tandem::chess
