package org.djlquant.quant;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The one registry of schemes: a new one is a file in this package and a line here. */
public final class Schemes {
    private static final Map<String, BlockScheme> BY_NAME = new LinkedHashMap<>();

    static {
        register(new Q4_0());
    }

    private Schemes() {}

    private static void register(BlockScheme scheme) {
        BY_NAME.put(scheme.name(), scheme);
    }

    /** The block scheme of a name such as {@code Q4_K}, or {@code null} if there is none. */
    public static BlockScheme block(String name) {
        return BY_NAME.get(name);
    }

    /** All block schemes by name, in order of registration. */
    public static Map<String, BlockScheme> blocks() {
        return Collections.unmodifiableMap(BY_NAME);
    }
}
