# Installation and the Debian package.

include(GNUInstallDirs)

install(TARGETS fakemx RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Not among the system's libraries: nothing links it, and a dynamic loader finds it only when told.
install(TARGETS fakemx_clock_preload LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/fakemx)
install(DIRECTORY profiles/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fakemx/profiles PATTERN tests EXCLUDE)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fakemx)
set(CPACK_PACKAGE_CONTACT "fakemx contributors <fakemx@example.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
    "fakemx plays a receiving mail server over real SMTP as a Lua profile says,\nremembers what the sender did, and passes judgement on how it retried.")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/package")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
