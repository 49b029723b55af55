package org.djlquant.format;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Gives pages of a mapped file back to the operating system before the file is unmapped. A model that was
 * packed needs its file no more, yet the pages read so far would count as memory of the process until it
 * ends. Linux only, and only where native access is allowed; elsewhere nothing happens.
 */
final class MappedPages {
    private static final int MADV_DONTNEED = 4;

    private MappedPages() {}

    /** The C function, looked up when it is first needed. */
    private static final class Madvise {
        static final MethodHandle HANDLE = find();

        @SuppressWarnings("restricted") // checked by isNativeAccessEnabled
        private static MethodHandle find() {
            if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")
                    || !MappedPages.class.getModule().isNativeAccessEnabled()) {
                return null;
            }
            Linker linker = Linker.nativeLinker();
            return linker.defaultLookup()
                    .find("madvise")
                    .map(f -> linker.downcallHandle(f, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT)))
                    .orElse(null);
        }
    }

    /** Drops the pages of a whole mapping; they are read again if they are touched again. */
    static void drop(MemorySegment mapping) {
        if (Madvise.HANDLE == null) {
            return;
        }
        try {
            // a mapping of a file begins at a page; a refusal leaves everything as it was
            int ignored = (int) Madvise.HANDLE.invokeExact(mapping, mapping.byteSize(), MADV_DONTNEED);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e); // a C function throws nothing
        }
    }
}
