package org.djlquant.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileHashesTest {
    /** SHA-256 of "abc", as FIPS 180-4 gives it. */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private static final String FORGED = "f".repeat(64);

    @TempDir
    private Path temp;

    private Path file;
    private Path folder;
    private FileHashes hashes;

    @BeforeEach
    void make() throws IOException {
        file = Files.writeString(temp.resolve("file"), "abc");
        folder = Files.createDirectory(temp.resolve("hashes"));
        hashes = new FileHashes(folder);
    }

    private static Instant later() {
        return Instant.now().plusSeconds(10);
    }

    private List<Path> memos() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    /** Makes the folder say another hash for the same state, which shows whether it is asked. */
    private void forge() throws IOException {
        Path memo = memos().getFirst();
        Files.writeString(memo, FORGED + Files.readString(memo).substring(64));
    }

    @Test
    void hashOfSettledFileIsRemembered() throws IOException {
        assertEquals(ABC, hashes.sha256(file, later()));
        assertEquals(ABC, hashes.sha256(file, later()));
        forge();
        assertEquals(FORGED, hashes.sha256(file));
        assertEquals(FORGED, hashes.sha256(temp.resolve("hashes/../file")));
    }

    @Test
    void freshFileIsNotRemembered() throws IOException {
        assertEquals(ABC, hashes.sha256(file));
        assertEquals(List.of(), memos());
    }

    @Test
    void everyChangeIsSeen() throws IOException {
        hashes.sha256(file, later());
        FileTime modified = Files.getLastModifiedTime(file);

        forge();
        Files.writeString(file, "abd");
        Files.setLastModifiedTime(file, modified); // programs that copy files do that
        assertEquals("a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9", hashes.sha256(file, later()));

        forge();
        Path other = Files.writeString(temp.resolve("other"), "abc");
        Files.setLastModifiedTime(other, modified);
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(ABC, hashes.sha256(file, later()));

        forge();
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        assertEquals(ABC, hashes.sha256(file, later()));
        assertEquals(1, memos().size());
    }

    @Test
    void damagedMemoIsIgnored() throws IOException {
        hashes.sha256(file, later());
        Path memo = memos().getFirst();
        String text = Files.readString(memo);
        for (String bad : List.of("", "x", text.substring(0, text.length() - 1), text + "x", "\0".repeat(text.length()))) {
            Files.writeString(memo, bad);
            assertEquals(ABC, hashes.sha256(file, later()));
            assertEquals(text, Files.readString(memo));
        }
    }

    @Test
    void worksWithoutFolder() throws IOException {
        FileHashes nowhere = new FileHashes(temp.resolve("missing"));
        assertEquals(ABC, nowhere.sha256(file, later()));
        assertThrows(IOException.class, () -> nowhere.sha256(temp.resolve("no file")));
    }
}
