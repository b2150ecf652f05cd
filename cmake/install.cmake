# `cmake --install` puts the core where find_package(sipreg) finds it: the archive, the public headers, the licence.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(SIPREG_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/sipreg)

install(TARGETS sipreg EXPORT sipreg INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT sipreg FILE sipregConfig.cmake NAMESPACE sipreg:: DESTINATION ${SIPREG_CMAKE_DIR})
# Each minor version of 0.x may change the API.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sipregConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sipregConfigVersion.cmake DESTINATION ${SIPREG_CMAKE_DIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
