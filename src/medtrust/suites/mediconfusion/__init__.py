"""MediConfusion (arXiv 2409.15477): are two images told apart that look alike to an encoder?"""
