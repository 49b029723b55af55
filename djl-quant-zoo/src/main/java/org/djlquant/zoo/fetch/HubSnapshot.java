package org.djlquant.zoo.fetch;

import java.util.List;

/**
 * What a revision of a repository holds.
 *
 * @param commit the commit the revision points at
 * @param files all its files
 */
public record HubSnapshot(String commit, List<HubFile> files) {}
