// The main function of every test program, compiled once: with Catch2 2 this unit takes longer to
// compile than all tests of a folder together. It knows no tests.

#if __has_include(<catch2/catch_session.hpp>)

#include <catch2/catch_session.hpp>

int main(int argc, char* argv[]) {
    return Catch::Session().run(argc, argv);
}

#else

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#endif
